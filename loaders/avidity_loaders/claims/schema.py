"""The claims schemas for editors: `seeds/claims.schema.json` and `seeds/topic.schema.json`; tests keep them equal."""

from __future__ import annotations

import json

from avidity_loaders.claims.models import StudyFile, TopicFile


def json_schema(model: type[StudyFile | TopicFile] = StudyFile) -> str:
    """The JSON Schema of a claims file as text, sorted, ending in a newline."""
    schema = model.model_json_schema()
    for name in schema["$defs"]:
        for fields in [schema["$defs"][name].get("properties", {})]:
            if "quotes" in fields:
                fields["quotes"]["items"] = {"anyOf": [{"type": "string", "minLength": 3}, {"$ref": "#/$defs/Quote"}]}
            if "mentioned" in fields:
                fields["mentioned"]["items"] = {
                    "anyOf": [{"type": "string", "minLength": 3}, {"$ref": "#/$defs/Quote"}]
                }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Avidity claims: one {'study' if model is StudyFile else 'topic'}"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
