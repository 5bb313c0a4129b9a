"""What QGIS itself makes of projects, in a process of the Python that QGIS comes with.

Takes a JSON file of questions, and prints one of answers. It is started once for many projects.
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

_KINDS = {
    QgsLayoutItemMap: "map",
    QgsLayoutItemLegend: "legend",
    QgsLayoutItemScaleBar: "scale bar",
    QgsLayoutItemPicture: "north arrow",
}


def layer_of(node, groups):
    layer = node.layer()
    told = {
        "groups": groups,
        "name": node.name(),
        "shown": node.isVisible(),
        "valid": layer is not None and layer.isValid(),
    }
    if layer is None:
        return told
    box = layer.extent()
    told |= {
        "source": layer.source(),
        "crs": layer.crs().authid(),
        "crs valid": layer.crs().isValid(),
        "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
        "history": layer.metadata().history(),
        "renderer": layer.renderer().type(),
        "information": layer.htmlMetadata(),
    }
    if isinstance(layer, QgsRasterLayer):
        symbols = layer.legendSymbologyItems()
        told |= {
            "band": layer.renderer().usesBands(),
            "legend": [label for label, _ in symbols],
            "colours": [colour.name() for _, colour in symbols],
        }
    else:
        told |= {
            "features": layer.featureCount(),
            "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
            "aliases": {
                field.name(): layer.attributeAlias(number)
                for number, field in enumerate(layer.fields())
            },
            "labelled": layer.labelsEnabled(),
        }
    return told


def layers_of(group, above=()):
    for node in group.children():
        if hasattr(node, "layer"):
            yield layer_of(node, list(above))
        else:
            yield from layers_of(node, (*above, node.name()))


def values_of(layer, places):
    band = layer.renderer().usesBands()[0]
    provider = layer.dataProvider()
    return [provider.sample(QgsPointXY(*place), band)[0] for place in places]


def look(question):
    project = QgsProject.instance()
    project.clear()
    opened = project.read(question["project"])
    view = project.viewSettings().fullExtent()
    default = project.viewSettings().defaultViewExtent()
    answer = {
        "opened": opened,
        "title": project.title(),
        "abstract": project.metadata().abstract(),
        "crs": project.crs().authid(),
        "crs valid": project.crs().isValid(),
        "ellipsoid": project.ellipsoid(),
        "layers": list(layers_of(project.layerTreeRoot())),
        "extent": [default.xMinimum(), default.yMinimum(), default.xMaximum(), default.yMaximum()],
        "full": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
    }
    by_name = {layer.name(): layer for layer in project.mapLayers().values()}
    if "places" in question:
        answer["values"] = {
            name: values_of(by_name[name], question["places"]) for name in question["sampled"]
        }
    if "picture" in question:
        answer["drawn"] = draw(project, default, question)
    if "page" in question:
        layout = project.layoutManager().printLayouts()[0]
        items = [item for item in layout.items() if hasattr(item, "uuid")]
        answer["items"] = sorted({_KINDS[type(x)] for x in items if type(x) in _KINDS})
        answer["bars"] = [x.unitLabel() for x in items if isinstance(x, QgsLayoutItemScaleBar)]
        exporter = QgsLayoutExporter(layout)
        settings = QgsLayoutExporter.PdfExportSettings()
        settings.dpi = 100
        answer["exported"] = exporter.exportToPdf(question["page"], settings)
        image = QgsLayoutExporter.ImageExportSettings()
        image.dpi = 100
        image.generateWorldFile = False
        exporter.exportToImage(question["page"].replace(".pdf", ".png"), image)
    return answer


def draw(project, extent, question):
    settings = QgsMapSettings()
    chosen = question.get("drawn")
    layers = project.layerTreeRoot().checkedLayers() if chosen is None else []
    if chosen is not None:
        by_name = {layer.name(): layer for layer in project.mapLayers().values()}
        layers = [by_name[name] for name in chosen]
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(*question.get("size", (700, 660))))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(question["picture"])
    step = 5
    return len(
        {
            image.pixel(x, y)
            for x in range(0, image.width(), step)
            for y in range(0, image.height(), step)
        }
    )


def dropped(question):
    """Open files by themselves, as when they are dropped into QGIS."""
    told = []
    for path in question["files"]:
        layer = (
            QgsRasterLayer(path, "dropped")
            if path.endswith(".tif")
            else QgsVectorLayer(path, "dropped", "ogr")
        )
        ok = layer.isValid()
        layer.loadDefaultMetadata()  # which QGIS on a desktop does by itself
        told.append(
            {
                "valid": ok,
                "renderer": layer.renderer().type() if ok else None,
                "legend": [label for label, _ in layer.legendSymbologyItems()]
                if isinstance(layer, QgsRasterLayer)
                else [item.label() for item in layer.renderer().legendSymbolItems()],
                "aliases": {}
                if isinstance(layer, QgsRasterLayer)
                else {
                    field.name(): layer.attributeAlias(number)
                    for number, field in enumerate(layer.fields())
                },
                "information": layer.htmlMetadata(),
                "classes": classes_of(layer),
                "title": layer.metadata().title(),
                "abstract": layer.metadata().abstract(),
                "rights": layer.metadata().rights(),
            }
        )
    return told


def classes_of(layer):
    """Give the class of each feature of a layer in categories, as its renderer tells it."""
    if isinstance(layer, QgsRasterLayer) or layer.renderer().type() != "categorizedSymbol":
        return None
    told = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    expression = QgsExpression(layer.renderer().classAttribute())
    known = {category.value() for category in layer.renderer().categories()}
    classes = []
    for feature in layer.getFeatures():
        told.setFeature(feature)
        value = expression.evaluate(told)
        classes.append(value if value in known else None)
    return classes


if __name__ == "__main__":
    questions = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    application = QgsApplication([], False)
    application.initQgis()
    answers = [dropped(x) if "files" in x else look(x) for x in questions]
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")
    QgsProject.instance().clear()
    application.exitQgis()
