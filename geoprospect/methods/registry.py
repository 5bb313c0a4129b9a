"""The registry of methods: by what names they are asked for, and who makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from geoprospect.errors import ProjectError, TrainingError
from geoprospect.methods.method import Method
from geoprospect.methods.options import PAPER_PRETEXTS, Balance, MethodOptions, Pretext
from geoprospect.methods.resampled import balanced

MethodFactory = Callable[[MethodOptions], Method]

_PAPER = "paper-"
_BALANCES: dict[str, Balance] = {f"{name}-": name for name in get_args(Balance)}
_METHODS: dict[str, RegisteredMethod] = {}


@dataclass(frozen=True)
class RegisteredMethod:
    """A method as it was registered.

    Attributes
    ----------
    name : str
        How a project file names it, as `strategy`.
    factory : callable
        Makes the method; the pretext task and the number of members are filled in before.
    members : int
        Members of its ensemble where none are asked for. Where it is 1, fits hardly differ.
    pretexts : tuple of str
        The pretext tasks that it can transfer, if any, the default first; a comparison names one
        as in "lithology-fine-tuning". With "none" among them it can do without.
    in_paper : bool
        Whether it is of the published study, so that "paper-NAME" can be compared too.
    takes : tuple of str
        Settings under [model.baseline] that it takes.
    """

    name: str
    factory: MethodFactory
    members: int = 1
    pretexts: tuple[Pretext, ...] = ()
    in_paper: bool = False
    takes: tuple[str, ...] = ()

    def make(self, options: MethodOptions) -> Method:
        """Make the method.

        Raises
        ------
        TrainingError
            If the method and the pretext task, or the balance of labels, contradict each other.
        """
        pretexts = _of_preset(self.pretexts, paper=options.preset == "paper")
        pretext = options.pretext or self._default_pretext(options)
        if pretext not in (pretexts or ("none",)):
            raise TrainingError(
                "the pretext task and the strategy contradict each other",
                found=f'pretext = "{pretext}", strategy = "{self.name}"',
                expected='a pretext task for "fine-tuning" and "linear-probing", "none" for the '
                "others",
                mend="set both under [model]",
            )
        members = options.members or self.members
        made = self.factory(replace(options, pretext=pretext, members=members))
        return balanced(made, options.balance or "weights")

    def _default_pretext(self, options: MethodOptions) -> Pretext:
        """Choose lithology where there are rock classes, but not for the published study."""
        if options.rock_classes and options.preset != "paper" and "lithology" in self.pretexts:
            return "lithology"
        pretexts = _of_preset(self.pretexts, paper=options.preset == "paper")
        return pretexts[0] if pretexts else "none"


def register_method(
    name: str,
    factory: MethodFactory,
    *,
    members: int = 1,
    pretexts: tuple[Pretext, ...] = (),
    in_paper: bool = False,
    takes: tuple[str, ...] = (),
) -> None:
    """Make a method known to project files, `crossval` and `method_named`.

    Parameters
    ----------
    name : str
        How a project file names it, as `strategy`.
    factory : callable
        Makes the method of `MethodOptions`.
    members, pretexts, in_paper, takes
        As in `RegisteredMethod`.

    Examples
    --------
    >>> from geoprospect.methods import Forest
    >>> register_method("forest-of-nine", lambda options: Forest.of("random-forest", options))
    >>> "forest-of-nine" in strategy_names()
    True
    >>> _ = _METHODS.pop("forest-of-nine")
    """
    _METHODS[name] = RegisteredMethod(name, factory, members, pretexts, in_paper, takes)


def strategy_names() -> tuple[str, ...]:
    """Give the names that a project file may give as `strategy`."""
    return tuple(_METHODS)


def method_names(*, paper: bool = False) -> tuple[str, ...]:
    """Give the names that methods are compared by.

    Parameters
    ----------
    paper : bool
        Those of the published study, with its settings, instead.

    Examples
    --------
    >>> method_names()[:2], method_names(paper=True)[-1]
    (('distribution-linear-probing', 'distribution-fine-tuning'), 'paper-svm')
    """
    chosen = [method for method in _METHODS.values() if method.in_paper or not paper]
    tasks = dict.fromkeys(
        task for method in chosen for task in _of_preset(method.pretexts, paper=paper)
    )
    names = [_after(task, m.name) for task in tasks for m in chosen if task in m.pretexts]
    names += [method.name for method in chosen if not method.pretexts]
    return tuple(f"{_PAPER}{name}" if paper else name for name in names)


def _after(task: Pretext, name: str) -> str:
    """Give the name that a method is compared by after a pretext task."""
    return name if task == "none" else f"{task}-{name}"


def _of_preset(pretexts: tuple[Pretext, ...], *, paper: bool) -> tuple[Pretext, ...]:
    """Leave out the tasks that the published study does not have, where its settings are asked."""
    return tuple(task for task in pretexts if not paper or task in PAPER_PRETEXTS)


def registered_method(name: str) -> tuple[RegisteredMethod, MethodOptions]:
    """Find a method by any of its names.

    Parameters
    ----------
    name : str
        As a project file names it, or a comparison.

    Returns
    -------
    method : RegisteredMethod
        The method.
    options : MethodOptions
        What the name itself says of it: pretext task, preset and balance of labels.

    Raises
    ------
    ProjectError
        If there is no such method.
    """
    options = MethodOptions()
    rest = name
    for prefix, balance in _BALANCES.items():
        if rest.startswith(prefix):
            rest, options = rest.removeprefix(prefix), replace(options, balance=balance)
            break
    if rest in method_names(paper=True):
        rest, options = rest.removeprefix(_PAPER), replace(options, preset="paper")
    for method in _METHODS.values():
        if rest == method.name:
            return method, options
        for pretext in method.pretexts:
            if rest == _after(pretext, method.name):
                return method, replace(options, pretext=pretext)
    raise ProjectError(
        "no such method",
        found=name,
        expected=f"{', '.join(method_names())}; or one of the published study as it was there: "
        f"{', '.join(method_names(paper=True))}; before either, {' or '.join(_BALANCES)} for "
        "another balance of labels",
    )


def taken_by(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give what any of some methods takes under [model.baseline], and the methods that take it.

    Parameters
    ----------
    names : sequence of str
        Methods, by any of their names.

    Examples
    --------
    >>> taken_by(["svm", "gaussian-process"])["costs"], taken_by(["gaussian-process"])
    (('svm',), {})
    """
    methods = [registered_method(name)[0] for name in names]
    settings = dict.fromkeys(setting for method in methods for setting in method.takes)
    return {
        setting: tuple(method.name for method in methods if setting in method.takes)
        for setting in settings
    }


def method_named(name: str, options: MethodOptions | None = None) -> Method:
    """Make a method by name.

    Parameters
    ----------
    name : str
        As a project file names it ("fine-tuning"), or a comparison
        ("lithology-fine-tuning", "paper-svm", "smote-svm").
    options : MethodOptions, optional
        Settings; what the name says goes before.

    Raises
    ------
    ProjectError
        If there is no such method.
    TrainingError
        If the method and the pretext task contradict each other.

    Examples
    --------
    >>> method_named("lithology-fine-tuning", MethodOptions(members=3)).name
    'lithology fine-tuning'
    >>> method_named("paper-random-forest").settings()["settings"]["trees"]
    2000
    """
    method, named = registered_method(name)
    chosen = options or MethodOptions()
    if named.preset == "paper":
        chosen = replace(chosen, preset="paper")
    if named.pretext is not None:
        chosen = replace(chosen, pretext=named.pretext)
    if named.balance is not None:
        chosen = replace(chosen, balance=named.balance)
    return method.make(chosen)
