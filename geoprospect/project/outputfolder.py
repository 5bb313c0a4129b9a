"""The output folder of a run: what of it may be replaced, and how a run takes its place at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from geoprospect.errors import GeoprospectError, OutputError
from geoprospect.model.modelfolder import listed_files
from geoprospect.output import check_apart, output_error, replacing, sole_writer, write_for_good
from geoprospect.project import results
from geoprospect.project.file import Project
from geoprospect.project.progress import lines_sent

_ASIDE, _LOCK = ".geoprospect-unfinished", ".geoprospect-lock"
_BEGUN = ".geoprospect-adding"  # names of what is being added: left by a process that is killed
_MADE, _FORMER, _PLAN = "made", "former", "swap.json"
_STOPPED = "the run stopped: "  # with which the log of a run ends that did not
_LONGEST = 2**16  # bytes of the last line of a log
_MOST = 5  # files that a message names


def check_products(project: Project) -> None:
    """Refuse an output folder in which a product of the run would replace what is not its own.

    Raises
    ------
    OutputError
        If a product would replace an input, or lie among the rasters of an evidence folder; or if
        something lies under a product's name that no former run lists in its manifest.
    """
    folder = project.folder
    there = next(place for place in (folder, *folder.absolute().parents) if os.path.exists(place))
    if not there.is_dir():
        raise OutputError(
            "is a file, not a folder for results",
            path=there,
            mend="name another folder under [output]",
        )
    places = [path for product in results.PRODUCTS for path in product.places(folder)]
    check_apart(places, project.inputs())
    _check_own(folder, results.PRODUCTS)


def _check_own(folder: Path, products: Iterable[results.Product]) -> None:
    """Refuse to replace what lies under the names of products and is none of a run's."""
    foreign = sorted(_present(folder, products) - _own(folder))
    if foreign:
        more = f" and {len(foreign) - _MOST} more" if foreign[_MOST:] else ""
        raise OutputError(
            "no former run lists this as its own, so it is not replaced",
            path=folder,
            found=", ".join(foreign[:_MOST]) + more,
            mend="move it elsewhere, or name another folder under [output]",
        )


@contextmanager
def added_to(folder: Path, products: Iterable[results.Product]) -> Iterator[None]:
    """Be the only one that writes into a finished run's folder, while products are added to it.

    Raises
    ------
    OutputError
        If something lies under a name of the products that no run made, another process writes
        there, or a file cannot be written.
    """
    products = tuple(products)
    try:
        with sole_writer(folder / _LOCK, folder):
            _check_own(folder, products)
            names = sorted({path.name for product in products for path in product.places(folder)})
            write_for_good(folder / _BEGUN, json.dumps(names))
            try:
                yield
            finally:
                (folder / _BEGUN).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error


def is_empty(folder: Path) -> bool:
    """Tell whether nothing lies in an output folder but what a run that was killed left hidden."""
    if not os.path.isdir(folder):
        return True
    return not {path.name for path in folder.iterdir()} - {_ASIDE, _LOCK, _BEGUN}


@contextmanager
def made_aside(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a hidden folder for the products of a run, which take the former ones' place at the end.

    A run that fails, or is stopped, leaves the former products as they were, and what it made is
    removed; after a run that was killed the next one does so.

    Raises
    ------
    OutputError
        If the folder is not empty and `overwrite` is false, another run writes there, or a file
        cannot be written.
    """
    made = folder / _ASIDE / _MADE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with sole_writer(folder / _LOCK, folder):
            _restore(folder)
            if not overwrite and not is_empty(folder):
                raise OutputError(
                    "the output folder exists already",
                    path=folder,
                    mend="pass --overwrite, or name another folder under [output]",
                )
            try:
                made.mkdir(parents=True)
                yield made
                _swap(folder)
            finally:
                _restore(folder)
    except GeoprospectError as error:  # the user knows the products by their lasting places
        error.args = (str(error).replace(str(made), str(folder)),)
        raise
    except OSError as error:
        raise output_error(folder, error) from error


@contextmanager
def logged(folder: Path) -> Iterator[list[str]]:
    """Collect the lines that are logged; those of a run that fails are kept in its folder.

    The log of a former run that ended stays.
    """
    lines = list[str]()
    try:
        with lines_sent(lines.append):
            yield lines
    except BaseException as error:
        path = results.LOG.path(folder)
        if os.path.isdir(folder) and (not os.path.lexists(path) or _is_of_a_stopped_run(path)):
            lines.append(_STOPPED + (" ".join(str(error).split()) or type(error).__name__))
            with suppress(GeoprospectError), replacing(path, overwrite=True) as temporary:
                temporary.write_text(as_log(lines), encoding="utf-8")
        raise


def as_log(lines: Iterable[str]) -> str:
    """Give lines as the text of a log."""
    return "".join(f"{line}\n" for line in lines)


def _is_of_a_stopped_run(log: Path) -> bool:
    """Tell whether a log says at its end that its run stopped."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _LONGEST))
            *_, last = stream.read().decode("utf-8", "replace").splitlines() or [""]
    except OSError:
        return False
    return last.startswith(_STOPPED)


def _restore(folder: Path) -> None:
    """Put a former run's products back where a swap was cut short, and remove what was made."""
    aside = folder / _ASIDE
    try:
        plan = json.loads((aside / _PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        plan = None
    known = {path.name for product in results.PRODUCTS for path in product.places(folder)}
    if not isinstance(plan, list) or not all(_is_of(known, name) for name in plan):
        plan = []  # no swap was begun, or its plan is damaged
    made = aside / _MADE
    if (made / results.MANIFEST.file).exists():  # it is moved last
        for name in plan:
            if not (made / name).exists():
                (folder / name).unlink(missing_ok=True)
        for path in _files(aside / _FORMER):
            _move(path, folder / path.relative_to(aside / _FORMER))
    shutil.rmtree(aside, ignore_errors=True)


def _is_of(known: set[str], name: object) -> bool:
    """Whether a name in the plan of a swap is that of a product, or of a file in one."""
    if not isinstance(name, str) or not name or "\0" in name:
        return False
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] in known and ".." not in parts


def _swap(folder: Path) -> None:
    """Move the former products out and the new ones in; the manifest leaves first, comes last."""
    aside, manifest = folder / _ASIDE, results.MANIFEST.file
    made = [path.relative_to(aside / _MADE).as_posix() for path in _files(aside / _MADE)]
    former = _present(folder, results.PRODUCTS) & _own(folder)
    write_for_good(aside / _PLAN, json.dumps(made))
    for name in sorted(former, key=lambda name: name != manifest):
        _move(folder / name, aside / _FORMER / name)
    for name in sorted(made, key=lambda name: name == manifest):
        _move(aside / _MADE / name, folder / name)


def _move(source: Path, target: Path) -> None:
    """Move a file, into a folder that may have to be made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)


def _files(folder: Path) -> list[Path]:
    """List all files in a folder."""
    return [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]


def _present(folder: Path, products: Iterable[results.Product]) -> set[str]:
    """List, by their paths in an output folder, the files that lie under products' names."""
    return {
        path.relative_to(folder).as_posix()
        for product in products
        for path in product.files(folder)
    }


def _own(folder: Path) -> set[str]:
    """List the files that a run or a training in an output folder wrote for certain."""
    own = {f"{results.MODEL.file}/{name}" for name in listed_files(results.MODEL.path(folder))}
    if _is_of_a_stopped_run(results.LOG.path(folder)):
        own.add(results.LOG.file)
    with suppress(OSError, ValueError, TypeError, RecursionError):
        own |= set(map(str, json.loads((folder / _BEGUN).read_text(encoding="utf-8"))))
    try:
        content = json.loads(results.MANIFEST.path(folder).read_text(encoding="utf-8"))
        if not isinstance(content["geoprospect"], str):
            return own
        own |= {results.MANIFEST.file, *map(str, content["outputs"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return own
    # What GDAL and QGIS keep beside a raster is of no use without it.
    return own | {
        path.relative_to(folder).as_posix()
        for product in results.PRODUCTS
        if product.file in own
        for path in product.sidecars(folder)
    }
