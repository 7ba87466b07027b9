"""The packages that openapi-python-client generates from specifications, with the templates beside this file.

Its parser does not pass the whole specification to the templates. So the templates print values that `view.py` reads from the
whole document.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from attrs import frozen
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from operations import OperationView, ParameterView
from prose import escaped, literal, prose, sentence, wrapped
from spec_file import SpecError, line_of, line_of_path, parse_yaml
from view import SpecView, spec_view

TEMPLATES = Path(__file__).resolve().parent
ROOT = TEMPLATES.parent
# openapi-python-client always writes these files from its own templates; our code does not use the files.
_UNUSED_FILES = ("client.py", "errors.py", "types.py")


@frozen
class ParsedSpec:
    """A specification that is supported.

    Attributes:
        path: The YAML file.
        data: The specification as openapi-python-client parses it.
        config: The configuration of openapi-python-client.
        view: The values that the templates print.
    """

    path: Path
    data: GeneratorData
    config: Config
    view: SpecView


def read_spec(path: Path, output: Path) -> ParsedSpec:
    """Return a specification, parsed and checked.

    Args:
        path: The YAML file of the specification.
        output: The folder of the package that is to be written.

    Raises:
        SpecError: The file cannot be read, or something in the specification is not supported. The message names the file and, if
            it is known, the line.
    """
    shown = display_path(path)
    try:
        return _parsed(parse_yaml(path.read_text(encoding="utf-8")), path, output)
    except (OSError, UnicodeError) as error:
        raise SpecError(f"{shown}: {error}") from None
    except SpecError as error:
        place = shown if error.line is None else f"{shown}:{error.line}"
        raise SpecError(f"{place}: {error}") from None


def _parsed(document: Any, path: Path, output: Path) -> ParsedSpec:
    config = Config.from_sources(
        ConfigFile.load_from_path(TEMPLATES / "config.yaml"), MetaType.NONE, path, "utf-8", overwrite=False, output_path=output
    )
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        with contextlib.suppress(AttributeError, KeyError, TypeError):
            spec_view(document)  # raises an error with a better message if the document has the shape that it expects
        # The first lines of pydantic's message are a count, a place such as `paths./v2/.get.responses`, and a reason.
        place, reason = [*(data.detail or "").splitlines(), "", "", ""][1:3]
        raise SpecError(f"{data.header}: {place}: {reason.strip()}", line=line_of_path(document, place))
    view = spec_view(document)
    schemas = document.get("components", {}).get("schemas", {})
    view.modules.update({str(one.class_info.name): str(one.class_info.module_name) for one in (*data.models, *data.enums)})
    if mismatched := sorted(set(view.modules) ^ {*view.models, *view.enums}):
        raise SpecError(
            f"{', '.join(mismatched)}: the generated class has another name; set the name in class_overrides in config.yaml",
            line=next((line_of(schemas, name) for name in mismatched if name in schemas), None),
        )
    modules = list(view.modules.values())
    if twice := sorted(name for name, module in view.modules.items() if modules.count(module) > 1):
        raise SpecError(f"{' and '.join(twice)} would have the same module name", line=line_of(schemas, twice[0]))
    return ParsedSpec(path, data, config, view)


def render_package(spec: ParsedSpec, output: Path) -> None:
    """Write the package of a specification, without formatting it.

    Args:
        spec: The specification.
        output: The folder of the package; it must not exist.

    Raises:
        SpecError: openapi-python-client does not support something in the specification.
    """
    shown, view, config = display_path(spec.path), spec.view, spec.config
    project = Project(openapi=spec.data, config=config, custom_template_path=TEMPLATES)
    project.env.globals.update(view=view, source=shown, signature=_signature)
    project.env.filters.update(wrapped=wrapped, sentence=sentence, literal=literal, prose=prose, escaped=escaped)
    config.post_hooks = []  # generate.py runs the hooks after the last file, and fails if a program is missing
    with contextlib.redirect_stdout(io.StringIO()):  # `build` prints the output folder, which is temporary here
        problems = [f"{shown}: {one.header} {one.detail}".strip() for one in project.build()]
    generated = sum(len(one.endpoints) for one in spec.data.endpoint_collections_by_tag.values())
    if generated != len(view.operations):
        problems.append(f"{shown}: only {generated} of {len(view.operations)} operations were generated")
    if problems:
        raise SpecError("\n".join(problems))
    table = project.env.get_template("operations.py.jinja").render()
    (output / "operations.py").write_text(table, encoding="utf-8")
    for name in _UNUSED_FILES:
        (output / name).unlink()


def display_path(path: Path) -> str:
    """Return the path of a file in the project, from the project's folder; the name of any other file."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _signature(operation: OperationView) -> list[ParameterView]:
    """Return the arguments of an operation in the order of the signature: required arguments first."""
    opaque = [operation.opaque] if operation.opaque is not None else []
    return sorted([*operation.located("path"), *opaque, *operation.located("query"), *operation.located("header")], key=_optional)


def _optional(parameter: ParameterView) -> bool:
    return not parameter.required
