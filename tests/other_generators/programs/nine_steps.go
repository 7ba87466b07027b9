// The nine steps of docs/other-generators.md with the client of oapi-codegen: nine_steps URL NAME
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"example.com/clients/client"
)

const manifestType = "application/vnd.oci.image.manifest.v1+json"

var step int

// check counts a step, and ends the program if the response has another status than the wanted one.
func check(response *http.Response, err error, status int) []byte {
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		panic(fmt.Sprintf("%s %s: %d %s", response.Request.Method, response.Request.URL, response.StatusCode, body))
	}
	return body
}

func done(name string) {
	step++
	fmt.Println(step, name)
}

func digest(content []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}

// push uploads a blob: POST, then PUT to the Location.
func push(api *client.Client, name string, content []byte) {
	ctx := context.Background()
	started, err := api.StartBlobUploadWithBody(ctx, name, &client.StartBlobUploadParams{}, "application/octet-stream", nil)
	check(started, err, 202)
	location, err := url.Parse(started.Header.Get("Location"))
	if err != nil {
		panic(err)
	}
	query := client.UploadQuery{}
	for key, values := range location.Query() {
		query[key] = values[0]
	}
	session := location.Path[strings.LastIndex(location.Path, "/")+1:]
	parameters := client.CompleteBlobUploadParams{UploadQuery: &query, Digest: digest(content)}
	stored, err := api.CompleteBlobUploadWithBody(ctx, name, session, &parameters, "application/octet-stream", bytes.NewReader(content))
	check(stored, err, 201)
}

func main() {
	server, name := os.Args[1], os.Args[2]
	ctx := context.Background()
	api, err := client.NewClient(server)
	if err != nil {
		panic(err)
	}
	blob, config := []byte("hello world"), []byte("{}")
	manifest := []byte(fmt.Sprintf(`{"schemaVersion": 2, "mediaType": %q, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", `+
		`"digest": %q, "size": 2}, "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": %q, "size": 11}]}`,
		manifestType, digest(config), digest(blob)))

	response, err := api.Ping(ctx)
	check(response, err, 200)
	done("ping")
	push(api, name, blob)
	done("push a blob")
	push(api, name, config)
	done("push the config")
	response, err = api.PutManifestWithBody(ctx, name, "1.0", &client.PutManifestParams{}, manifestType, bytes.NewReader(manifest))
	check(response, err, 201)
	done("put a manifest")
	accept := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Accept", manifestType)
		return nil
	}
	response, err = api.GetManifest(ctx, name, "1.0", &client.GetManifestParams{}, accept)
	if !bytes.Equal(check(response, err, 200), manifest) {
		panic("the registry changed the manifest")
	}
	done("get the manifest")
	response, err = api.ListTags(ctx, name, &client.ListTagsParams{})
	if !bytes.Contains(check(response, err, 200), []byte(`"1.0"`)) {
		panic("the tag is missing")
	}
	done("list the tags")
	response, err = api.HeadBlob(ctx, name, digest(blob), &client.HeadBlobParams{})
	check(response, err, 200)
	if response.ContentLength != int64(len(blob)) {
		panic("the size is wrong")
	}
	done("HEAD the blob")
	response, err = api.CreateBlobReadStream(ctx, name, digest(blob), &client.CreateBlobReadStreamParams{})
	if !bytes.Equal(check(response, err, 200), blob) {
		panic("the blob is wrong")
	}
	done("GET the blob")
	response, err = api.DeleteManifest(ctx, name, digest(manifest), &client.DeleteManifestParams{})
	check(response, err, 202)
	done("delete the manifest")
}
