"""The claims schema for editors: `seeds/claims.schema.json`, kept equal to the models by a test."""

from __future__ import annotations

import json

from avidity_loaders.claims.models import StudyFile


def json_schema() -> str:
    """The JSON Schema of a claims file as text, sorted, ending in a newline."""
    schema = StudyFile.model_json_schema()
    for name in schema["$defs"]:
        for fields in [schema["$defs"][name].get("properties", {})]:
            if "quotes" in fields:
                fields["quotes"]["items"] = {"anyOf": [{"type": "string", "minLength": 3}, {"$ref": "#/$defs/Quote"}]}
            if "mentioned" in fields:
                fields["mentioned"]["items"] = {
                    "anyOf": [{"type": "string", "minLength": 3}, {"$ref": "#/$defs/Quote"}]
                }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Avidity claims: one study"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
