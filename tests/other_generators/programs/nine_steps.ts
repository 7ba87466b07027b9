// The nine steps of docs/other-generators.md with openapi-typescript and openapi-fetch: node nine_steps.js URL NAME
import { createHash } from "node:crypto";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl, name] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl, querySerializer: { object: { style: "form", explode: true } } });
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const octets = { "content-type": "application/octet-stream" };
const digest = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
let step = 0;

/** Counts a step, and ends the program if the response has another status than the wanted one. */
function check(response: Response, status: number): void {
  if (response.status !== status) throw new Error(`${response.url}: ${response.status}`);
}

function done(text: string): void {
  console.log(++step, text);
}

/** Uploads a blob: POST, then PUT to the Location. */
async function push(content: string): Promise<void> {
  const started = await api.POST("/v2/{name}/blobs/uploads/", { params: { path: { name } } });
  check(started.response, 202);
  const location = new URL(started.response.headers.get("location") ?? "", baseUrl);
  const reference = location.pathname.split("/").at(-1) ?? "";
  const upload_query = Object.fromEntries(location.searchParams);
  const stored = await api.PUT("/v2/{name}/blobs/uploads/{reference}", {
    params: { path: { name, reference }, query: { digest: digest(content), upload_query } },
    headers: octets,
    body: content,
    bodySerializer: (body) => body,
  });
  check(stored.response, 201);
}

const blob = "hello world";
const config = "{}";
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: manifestType,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest(config), size: 2 },
  layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digest(blob), size: 11 }],
});

check((await api.GET("/v2/")).response, 200);
done("ping");
await push(blob);
done("push a blob");
await push(config);
done("push the config");
const put = await api.PUT("/v2/{name}/manifests/{reference}", {
  params: { path: { name, reference: "1.0" } },
  headers: { "content-type": manifestType },
  body: manifest,
  bodySerializer: (body) => body,
});
check(put.response, 201);
done("put a manifest");
const got = await api.GET("/v2/{name}/manifests/{reference}", {
  params: { path: { name, reference: "1.0" } },
  headers: { accept: manifestType },
  parseAs: "text",
});
check(got.response, 200);
if (String(got.data) !== manifest) throw new Error("the registry changed the manifest");
done("get the manifest");
const tags = await api.GET("/v2/{name}/tags/list", { params: { path: { name } } });
check(tags.response, 200);
if (!tags.data?.tags?.includes("1.0")) throw new Error("the tag is missing");
done("list the tags");
const path = { name, digest: digest(blob) };
const head = await api.HEAD("/v2/{name}/blobs/{digest}", { params: { path } });
check(head.response, 200);
if (head.response.headers.get("content-length") !== "11") throw new Error("the size is wrong");
done("HEAD the blob");
const read = await api.GET("/v2/{name}/blobs/{digest}", { params: { path }, parseAs: "text" });
check(read.response, 200);
if (String(read.data) !== blob) throw new Error("the blob is wrong");
done("GET the blob");
const deleted = await api.DELETE("/v2/{name}/manifests/{reference}", {
  params: { path: { name, reference: digest(manifest) } },
});
check(deleted.response, 202);
done("delete the manifest");
