"""The values that the templates print for a specification."""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import field, frozen
from operations import OperationView, operation_view
from schemas import DIGEST, TEXT_LIST, Document, Node, PythonType, class_name, python_name
from spec_file import SpecError, at, line_of
from validation import METHODS, validate

_MODEL_NAMES = {"from_dict", "to_dict", "additional_properties", "problems", "error_details"}
# Names that generated modules import or define besides the classes of the specification.
_CLASS_NAMES = {"Success", "ContentType", "BodyT", "ACCEPT", "Any", "Self", "Mapping", "Literal", "TypeAlias", "TypeVar"}
_CLASS_NAMES |= {"Iterator", "AsyncIterator", "Sequence", "StrEnum", "Digest"}
_HASHABLE_TYPES = {"str", "int", "float", "bool", "datetime", "Digest"}
ReaderMethod = Literal["optional", "exact", "required", "required_list"]
ErrorRole = Literal["code", "message", "detail", "entries"]


@frozen(kw_only=True)
class FieldView:
    """A field of a model."""

    name: str
    wire_name: str
    type: str
    required: bool
    is_list: bool
    item_model: str
    parse: str
    reader: ReaderMethod
    dump: str
    secret: bool
    description: str
    error_role: ErrorRole | None
    in_hash: bool

    @property
    def default(self) -> str:
        """Return the code after the annotation of the field: nothing, a default value, or a call of `field`."""
        options = [] if self.required else ["default=None"]
        if self.type == DIGEST.type:
            options.append(f"converter={'Digest' if self.required else 'optional(Digest)'}")
        if self.secret:
            options.append("repr=False")
        if not self.in_hash:
            options.append("hash=False")
        if not options:
            return ""
        return " = None" if options == ["default=None"] else f" = field({', '.join(options)})"


@frozen(kw_only=True)
class ModelView:
    """A class with fields."""

    name: str
    description: str
    fields: tuple[FieldView, ...]
    models: tuple[str, ...]
    frozen: bool
    self_property: str | None

    def error_fields(self, role: ErrorRole) -> tuple[FieldView, ...]:
        """Return the fields with this role in an error, in order of preference."""
        return tuple(field for field in self.fields if field.error_role == role)

    @property
    def is_error(self) -> bool:
        """Return whether the model is an error body or an entry of an error body."""
        return any(field.error_role for field in self.fields)


@frozen(kw_only=True)
class MapView:
    """A map, which becomes a type alias of dict."""

    name: str
    description: str
    type: str
    models: tuple[str, ...]


@frozen(kw_only=True)
class EnumView:
    """An enumeration of strings; `values` maps Python names to values."""

    name: str
    description: str
    values: dict[str, str]


@frozen
class SpecView:
    """A whole specification."""

    title: str
    description: str
    tags: dict[str, str]
    operations: tuple[OperationView, ...]
    models: dict[str, ModelView | MapView]
    enums: dict[str, EnumView]
    modules: dict[str, str] = field(factory=dict)

    def operation(self, method: str, path: str) -> OperationView:
        """Return the operation with this method and path."""
        return next(item for item in self.operations if item.method == method.upper() and item.path == path)


def spec_view(root: Node) -> SpecView:
    """Return the values that the templates print for a specification.

    Args:
        root: The parsed YAML.

    Raises:
        SpecError: Something in the specification is not supported.
    """
    document = Document(root)
    validate(document)
    models: dict[str, ModelView | MapView] = {}
    enums: dict[str, EnumView] = {}
    schemas = root.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        with at(schemas, name):
            _add_schema(document, name, schema, models, enums)
    for model in models.values():
        if isinstance(model, ModelView):
            with at(schemas, model.name):
                _check_error(model, models)
    operations = []
    for path, item in root["paths"].items():
        for method, node in item.items():
            if method in METHODS:
                operation = operation_view(document, method, path, item, node)
                with at(node):
                    _check_names(operation, models, enums)
                operations.append(operation)
    tags = {tag["name"]: tag["description"].strip() for tag in root["tags"]}
    return SpecView(root["info"]["title"], _described(root["info"], "info"), tags, tuple(operations), models, enums)


def _add_schema(
    document: Document, name: str, schema: Node, models: dict[str, ModelView | MapView], enums: dict[str, EnumView]
) -> None:
    description = _described(schema, name)
    if class_name(name) != name:
        raise SpecError(f"{name}: a name in components/schemas must be in PascalCase")
    found = document.map_type(schema, name)
    if "enum" in schema:
        enums[name] = _enum(name, description, schema)
    elif found is not None:
        models[name] = MapView(name=name, description=description, type=found.type, models=tuple(sorted(found.models)))
    elif document.is_model(name):
        models[name] = _model(document, name, schema)
    else:
        document.python_type(schema, name)


def _enum(name: str, description: str, schema: Node) -> EnumView:
    values = {re.sub(r"[^A-Za-z0-9]+", "_", str(value)).upper(): value for value in schema["enum"]}
    texts = all(isinstance(value, str) for value in schema["enum"])
    if schema.get("type") != "string" or not texts or len(values) != len(schema["enum"]):
        raise SpecError(f"{name}: the values of an enumeration must be strings that differ in their letters and digits")
    if not all(word[:1].isalpha() for word in values):
        raise SpecError(f"{name}: a value of an enumeration must begin with a letter")
    return EnumView(name=name, description=description, values=values)


def _model(document: Document, name: str, schema: Node) -> ModelView:
    taken = set(_MODEL_NAMES)
    frozen = bool(schema.get("x-frozen"))
    self_property = schema.get("x-self-property")
    if self_property is not None:
        taken.add(self_property)
    fields: list[FieldView] = []
    used: set[str] = set()
    required = set(schema.get("required", ()))
    if "additionalProperties" in schema:
        raise SpecError(f"{name}: an object with properties must not have additionalProperties; unknown fields are always kept")
    if required - set(schema["properties"]):
        raise SpecError(f"{name}: every required field must be in properties", line=line_of(schema, "required"))
    for wire_name, node in schema["properties"].items():
        with at(schema["properties"], wire_name):
            kind = _field_type(document, node, f"{name}.{wire_name}")
            fields.append(_field(document, name, wire_name, node, kind, wire_name in required, frozen, taken))
        used |= kind.models
    return ModelView(
        name=name,
        description=_described(schema, name),
        fields=tuple(fields),
        models=tuple(sorted(used - {name})),
        frozen=frozen,
        self_property=self_property,
    )


def _field_type(document: Document, node: Node, where: str) -> PythonType:
    kind = DIGEST if node.get("x-digest") else TEXT_LIST if node.get("x-text-list") else document.python_type(node, where)
    if not kind.parse or not kind.dump:
        raise SpecError(f"{where}: a field of a model cannot have this schema")
    return kind


def _field(
    document: Document, model: str, wire_name: str, node: Node, kind: PythonType, is_required: bool, frozen: bool, taken: set[str]
) -> FieldView:
    where = f"{model}.{wire_name}"
    resolved = document.resolve(node)
    is_list = kind.type.startswith("list[") and " | " not in kind.type
    if is_required and node.get("x-strict"):
        raise SpecError(f"{where}: a required field is always strict, so x-strict must not be used")
    if node.get("x-lenient") and not (is_required and is_list):
        raise SpecError(f"{where}: x-lenient is supported only for a required list; optional fields are always lenient")
    python = python_name(wire_name, node, taken)
    if node.get("x-error") == "entries":
        parse = f"wire.entry_list({_item_model(kind, is_list)}._parse)"
    elif node.get("x-strict") or (is_required and not node.get("x-lenient")):
        parse = kind.whole
    else:
        parse = kind.parse
    return FieldView(
        name=python,
        wire_name=wire_name,
        type=kind.type,
        required=is_required,
        is_list=is_list,
        item_model=_item_model(kind, is_list),
        parse=parse,
        reader=_reader(node, is_required, is_list),
        dump=kind.dump.replace("{x}", f"self.{python}").replace("{{", "{").replace("}}", "}"),
        secret=resolved.get("format") == "password",
        description=_described(resolved, where),
        error_role=node.get("x-error"),
        in_hash=not frozen or all(_is_hashable(document, part) for part in kind.type.split(" | ")),
    )


def _item_model(kind: PythonType, is_list: bool) -> str:
    return kind.type.removeprefix("list[").removesuffix("]") if is_list else ""


def _reader(node: Node, is_required: bool, is_list: bool) -> ReaderMethod:
    """Return the method of `wire.Reader` that reads a field."""
    if is_required:
        return "required_list" if is_list else "required"
    return "exact" if node.get("x-strict") else "optional"


def _is_hashable(document: Document, type_name: str) -> bool:
    schema = document.root["components"]["schemas"].get(type_name, {})
    return type_name in _HASHABLE_TYPES or "enum" in schema or bool(schema.get("x-frozen"))


def _described(node: dict[str, Any], where: str) -> str:
    text = str(node.get("description", "")).strip()
    if not text:
        raise SpecError(f"{where}: a description is missing")
    return text


def _check_names(operation: OperationView, models: dict[str, ModelView | MapView], enums: dict[str, EnumView]) -> None:
    error = models.get(operation.error_model or "")
    if operation.error_model is not None and not (isinstance(error, ModelView) and error.is_error):
        raise SpecError(f"{operation.id}: {operation.error_model} is the body of an error, so it must be a model with x-error")
    own = {name for success in operation.successes for name in (success.name, f"{success.name}Body")} | _CLASS_NAMES
    for name in sorted(own & {*models, *enums}):
        raise SpecError(f"{name}: generated code already has a class of this name; rename the schema")


def _check_error(model: ModelView, models: dict[str, ModelView | MapView]) -> None:
    for text in (*model.error_fields("code"), *model.error_fields("message")):
        if "str" not in text.type.split(" | "):
            raise SpecError(f"{model.name}.{text.wire_name}: the {text.error_role} of an error must be a string")
    for entries in model.error_fields("entries"):
        entry = models.get(entries.item_model)
        if not (isinstance(entry, ModelView) and entry.is_error):
            raise SpecError(f"{model.name}.{entries.wire_name}: the entries of an error must be models with x-error")
