// The npm package docker-registry-client, as a program that does one transfer and prints how many seconds the call took.
//
//   node node_peer.js download HOST/REPO DIGEST FILE
//   node node_peer.js upload HOST/REPO FILE
'use strict';

const { createHash } = require('crypto');
const { createReadStream, createWriteStream, statSync } = require('fs');
const { createClientV2 } = require('docker-registry-client');

function must(error) {
    if (error) {
        console.error(error.message);
        process.exit(1);
    }
}

let started;

function done(client) {
    client.close();
    console.log(Number(process.hrtime.bigint() - started) / 1e9);
}

function download(client, digest, file) {
    client.createBlobReadStream({ digest }, (error, blob) => {
        must(error);
        blob.on('error', must);
        blob.pipe(createWriteStream(file).on('error', must).on('close', () => done(client)));
        blob.resume();
    });
}

function upload(client, file) {
    const hash = createHash('sha256');
    createReadStream(file).on('error', must).on('data', (part) => hash.update(part)).on('end', () => {
        const digest = `sha256:${hash.digest('hex')}`;
        client.blobUpload({ digest, stream: createReadStream(file), contentLength: statSync(file).size }, (error) => {
            must(error);
            done(client);
        });
    });
}

const [task, repo, ...rest] = process.argv.slice(2);
started = process.hrtime.bigint();
({ download, upload })[task](createClientV2({ name: repo, scheme: 'http' }), ...rest);
