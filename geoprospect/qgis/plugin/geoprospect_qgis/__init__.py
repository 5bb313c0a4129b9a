"""The plugin of geoprospect for QGIS: a Processing provider that runs the installed program."""


def classFactory(iface):  # noqa: N802 - the name that QGIS asks for
    """Give the plugin."""
    from .plugin import GeoprospectPlugin  # noqa: PLC0415 - QGIS reads this file to list plugins

    return GeoprospectPlugin()
