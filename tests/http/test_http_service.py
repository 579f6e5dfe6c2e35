"""The routes beside the resources: health, information, the contract itself, the dashboard."""
import json
import re

import contract as contracts
import jsonschema
import pytest
from daemon import ROOT, run_to_end


def test_livez_and_readyz(client):
    client.get("/livez")
    client.get("/readyz")


def test_info_says_what_runs(client):
    info = client.get("/v1/info").json
    assert info["threads"] == 2
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])


def test_the_readme_names_every_word(client):
    readme = (ROOT / "README.md").read_text()
    words = [word for value in client.get("/v1/info").json.values() if isinstance(value, list)
             for word in value]
    assert len(words) > 40
    assert [word for word in words if f"`{word}`" not in readme] == []


def test_dashboard_is_a_page(client):
    page = client.get("/")
    assert page.content_type == "text/html"
    assert b"<html" in page.body.lower()


def test_dashboard_has_all_of_its_assets(client):
    page = client.get("/").body.decode()
    wanted = set(re.findall(r'(?:src|href)="(/?assets/[^"]+)"', page))
    assert wanted, page
    for path in wanted:
        client.get("/" + path.lstrip("/"))
    client.get("/assets/nothing.js", expect=404)
    outside = re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page)
    assert not outside, outside


def test_unchanged_pages_are_304(client):
    asset = re.search(r'"/?(assets/[^"]+)"', client.get("/").body.decode()).group(1)
    for path in ("/", "/openapi.json", f"/{asset}"):
        etag = client.get(path).headers["etag"]
        again = client.call("GET", path, headers={"If-None-Match": etag}, expect=304)
        assert again.body == b""
        client.call("GET", path, headers={"If-None-Match": '"other"'}, expect=200)


def test_head_is_get_without_a_body(client):
    get, head = client.get("/v1/info"), client.call("HEAD", "/v1/info", expect=200)
    assert head.body == b""
    assert head.content_type == get.content_type


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/v2", "/v1", "/v1/model", "/v1/models/a/b/c", "/livez/x", "//",
                                  "/v1/jobs/1/explode"])
def test_unknown_route_is_404(client, method, path):
    client.call(method, path, expect=404)


def test_wrong_method_is_405_with_allow(client, contract):
    for path in ("/livez", "/v1/models", "/v1/datasets/x", "/v1/jobs/1/cancel", "/openapi.json"):
        known = contract.methods(path)
        for method in {"GET", "PUT", "POST", "DELETE", "PATCH"} - known:
            answer = client.call(method, path, expect=405)
            allowed = set(re.split(r",\s*", answer.headers["allow"]))
            assert allowed - {"HEAD", "OPTIONS"} == known, path


def test_trailing_slash_is_no_other_resource(client):
    client.call("GET", "/v1/models/", expect=404)


def filled(template):
    return template.replace("{name}", "nobody").replace("{id}", "1").replace("{file}", "app.js")


def test_unknown_query_parameter_is_refused_everywhere(client, contract):
    with client.nothing_changes():
        for method, template in contract.operations():
            client.call(method, f"{filled(template)}?colour=1", expect=400)


FOREIGN = [{"Origin": "https://elsewhere.example"}, {"Origin": "null"},
           {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_other_sites_pages_may_not_write(client, contract, headers):
    with client.nothing_changes():
        for method, template in contract.operations():
            if method != "GET":
                body = contract.resolve(contract.find(method, filled(template))[1].get("requestBody"))
                typed = body is not None and list(body["content"]) == ["application/json"]
                client.call(method, filled(template), "{}" if typed else None, headers=headers,
                            content_type="application/x-www-form-urlencoded" if typed else None,
                            expect=415 if typed else 403)


def test_the_dashboards_own_page_may_write(client, name):
    headers = {"Origin": f"http://127.0.0.1:{client.port}", "Sec-Fetch-Site": "same-origin"}
    client.call("PUT", f"/v1/datasets/{name}", "x,y\n1,2\n", headers=headers, expect=201)
    client.call("DELETE", f"/v1/datasets/{name}", headers=headers, expect=204)


def test_body_beyond_its_limit_and_of_a_wrong_type_everywhere(client, contract):
    for method, template in contract.operations():
        operation = contract.find(method, filled(template))[1]
        if "requestBody" not in operation:
            continue
        path = filled(template)
        client.call(method, path, "<x/>", content_type="text/xml", expect=415)
        client.call(method, path, " " * (2 << 20), content_type="application/json", expect=413)
        client.close()  # the rest of a body that is refused is not read


def test_every_response_has_its_request_id(client):
    first, second = client.get("/livez"), client.get("/livez")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    missing = client.get("/v1/models/nobody", expect=404)
    assert missing.json["request_id"] == missing.headers["x-request-id"]


def test_help_and_version_exit_0():
    help_text = run_to_end("--help")
    assert help_text.returncode == 0
    for flag in ("--listen", "--data-dir", "--threads", "--isa"):
        assert flag in help_text.stdout
    assert run_to_end("--version").returncode == 0


@pytest.mark.parametrize("flags", [["--nonsense"], ["--threads", "many"], ["--threads", "-1"],
                                   ["--isa", "abacus"], ["--listen", "127.0.0.1:99999"]])
def test_bad_flag_is_explained(flags):
    done = run_to_end(*flags)
    assert done.returncode not in (0, None) and done.returncode > 0
    assert flags[0].lstrip("-") in done.stderr or flags[-1] in done.stderr


# --- the document itself ---------------------------------------------------------------------

def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_document_is_openapi_31_and_whole(contract):
    document = contract.document
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"]
    for reference in set(references(document)):
        contract._resolver.resolve(reference)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def fields(schema, place):
    """Every field of a schema and of what lies in it: (place, its schema)."""
    for name, field in schema.get("properties", {}).items():
        yield f"{place}/{name}", field
        yield from fields(field, f"{place}/{name}")
    parts = [schema["items"]] if "items" in schema else []
    for composed in ("allOf", "oneOf", "anyOf"):
        parts += schema.get(composed, [])
    for part in parts:
        yield from fields(part, place)


def test_document_says_what_every_field_means(contract):
    for name, schema in contract.document["components"]["schemas"].items():
        for place, field in fields(schema, name):
            told = field.get("description") or contract.resolve(field).get("description")
            assert told, f"{place} has no description"


def test_document_bounds_every_number_of_a_request(contract):
    """A number that the caller chooses has a range, unless every finite float32 will do."""
    unbounded = {"ModelCreate/initializer_value", "ModelCreate/bias_value"}
    requests = [name for name in contract.document["components"]["schemas"]
                if name.endswith(("Create", "Request")) or name in
                ("Optimizer", "Schedule", "EarlyStopping", "Regularization", "GradientClipping",
                 "Validation")]
    assert len(requests) > 12
    for name in requests:
        for place, field in fields(contract.document["components"]["schemas"][name], name):
            field = contract.resolve(field)
            if field.get("type") in ("number", "integer") and place not in unbounded:
                assert {"minimum", "exclusiveMinimum"} & set(field), f"{place} has no lower bound"


def test_document_names_every_operation_once(contract):
    identities = [operation["operationId"]
                  for _, operation, _ in contract._operations.values()]
    assert len(set(identities)) == len(identities)


def test_document_declares_the_parameters_of_its_paths(contract):
    for (_, template), (_, operation, item) in contract._operations.items():
        declared = {contract.resolve(p)["name"]
                    for p in operation.get("parameters", []) + item.get("parameters", [])
                    if contract.resolve(p)["in"] == "path"}
        assert declared == set(re.findall(r"\{([^}]+)\}", template)), template


def test_every_error_of_the_document_is_a_problem(contract):
    for (method, template), (_, operation, _) in contract._operations.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                content = contract.resolve(response).get("content", {})
                assert list(content) == [contracts.PROBLEM], (method, template, status)


def test_every_route_of_the_plan_is_in_the_document(contract):
    wanted = {("PUT", "/v1/datasets/{name}"), ("GET", "/v1/datasets"),
              ("GET", "/v1/datasets/{name}"), ("DELETE", "/v1/datasets/{name}"),
              ("POST", "/v1/models"), ("GET", "/v1/models"), ("GET", "/v1/models/{name}"),
              ("DELETE", "/v1/models/{name}"), ("GET", "/v1/models/{name}/parameters"),
              ("POST", "/v1/models/{name}/predict"), ("POST", "/v1/models/{name}/evaluate"),
              ("POST", "/v1/jobs"), ("GET", "/v1/jobs"), ("GET", "/v1/jobs/{id}"),
              ("GET", "/v1/jobs/{id}/metrics"), ("POST", "/v1/jobs/{id}/cancel"),
              ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/v1/info"),
              ("GET", "/openapi.json"), ("GET", "/")}
    assert wanted <= set(contract.operations())


def test_examples_of_the_document_are_valid(contract):
    for _, operation, _ in contract._operations.values():
        body = contract.resolve(operation.get("requestBody")) or {"content": {}}
        for kind, media in body["content"].items():
            if kind == "application/json" and "example" in media:
                contract.validate(media["schema"], media["example"], json.dumps(media["example"]))
