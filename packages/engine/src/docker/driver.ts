import type { Engine } from "../engine.ts";
import { exportContainer, getArchive, putArchive, statPath } from "./archives.ts";
import { attach } from "./attach.ts";
import { buildImage, clearBuild } from "./build.ts";
import { changes } from "./changes.ts";
import { connect } from "./client.ts";
import { commitContainer } from "./commit.ts";
import { createContainer, inspectContainer, listContainers, signalContainer, startContainer } from "./containers.ts";
import { containerSize, diskUsage } from "./disk-usage.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { importImage, loadImages, saveImage } from "./image-load.ts";
import { imageHistory, inspectImage, listTags, removeTag, tagImage } from "./images.ts";
import { info } from "./info.ts";
import { isolation } from "./isolation/report.ts";
import { logs } from "./logs.ts";
import { createNetwork, listNetworks, removeNetwork, setEndpoint } from "./networks.ts";
import { pauseContainer, unpauseContainer } from "./pause.ts";
import { pullImage } from "./pull.ts";
import { pushImage } from "./push.ts";
import { resolveImage } from "./resolve.ts";
import { listSecretFiles, putSecretFiles, removeSecretFiles } from "./secret-files.ts";
import { removeContainer, stopContainer } from "./stop.ts";
import { top } from "./top.ts";
import { updateContainer } from "./update.ts";
import { stats, usage } from "./usage.ts";
import { createVolume, inspectVolume, isVolumeEmpty, listVolumes, removeVolume } from "./volumes.ts";

export interface DockerOptions {
  /** Where memory is mounted for `putSecretFiles`: of this host, and of this driver alone. */
  secretsDirectory?: string | undefined;
}

/** A Docker engine at `unix:///path` or `tcp://address:port`. Nothing is sent before the first call. */
export function openDocker(host: string, { secretsDirectory }: DockerOptions = {}): Engine {
  const client = connect(host, secretsDirectory);
  return {
    info: (op) => info(client, op),
    events: (options) => events(client, options),

    createContainer: (spec, op) => createContainer(client, spec, op),
    inspectContainer: (id, op) => inspectContainer(client, id, op),
    putSecretFiles: (name, files) => putSecretFiles(client, name, files),
    removeSecretFiles: (name) => removeSecretFiles(client, name),
    listSecretFiles: () => listSecretFiles(client),
    listContainers: (label, op) => listContainers(client, label, op),
    startContainer: (id, op) => startContainer(client, id, op),
    stopContainer: (id, options) => stopContainer(client, id, options),
    signalContainer: (id, signal, op) => signalContainer(client, id, signal, op),
    pauseContainer: (id, op) => pauseContainer(client, id, op),
    unpauseContainer: (id, op) => unpauseContainer(client, id, op),
    updateContainer: (id, limits, op) => updateContainer(client, id, limits, op),
    removeContainer: (id, op) => removeContainer(client, id, op),
    logs: (id, options) => logs(client, id, options),
    exec: (id, spec, op) => exec(client, id, spec, op),
    attach: (id, options) => attach(client, id, options),
    getArchive: (id, path, op) => getArchive(client, id, path, op),
    statPath: (id, path, op) => statPath(client, id, path, op),
    putArchive: (id, path, tar, op) => putArchive(client, id, path, tar, op),
    commitContainer: (id, options) => commitContainer(client, id, options),
    exportContainer: (id, op) => exportContainer(client, id, op),
    changes: (id, op) => changes(client, id, op),
    usage: (id, op) => usage(client, id, op),
    stats: (id, op) => stats(client, id, op),
    top: (id, op) => top(client, id, op),
    isolation: (id, op) => isolation(client, id, op),

    inspectImage: (ref, op) => inspectImage(client, ref, op),
    listTags: (prefix, op) => listTags(client, prefix, op),
    tagImage: (imageId, tag, op) => tagImage(client, imageId, tag, op),
    removeTag: (tag, op) => removeTag(client, tag, op),
    imageHistory: (imageId, op) => imageHistory(client, imageId, op),
    buildImage: (request, op) => buildImage(client, request, op),
    clearBuild: (cgroupParent, op) => clearBuild(client, cgroupParent, op),
    importImage: (rootfs, options) => importImage(client, rootfs, options),
    loadImages: (archive, op) => loadImages(client, archive, op),
    saveImage: (imageId, op) => saveImage(client, imageId, op),
    resolveImage: (reference, login, op) => resolveImage(client, reference, login, op),
    pullImage: (request, op) => pullImage(client, request, op),
    pushImage: (request, op) => pushImage(client, request, op),

    createVolume: (spec, op) => createVolume(client, spec, op),
    inspectVolume: (name, op) => inspectVolume(client, name, op),
    listVolumes: (label, op) => listVolumes(client, label, op),
    removeVolume: (name, op) => removeVolume(client, name, op),
    isVolumeEmpty: (name, op) => isVolumeEmpty(client, name, op),

    diskUsage: (op) => diskUsage(client, op),
    containerSize: (id, op) => containerSize(client, id, op),

    createNetwork: (spec, op) => createNetwork(client, spec, op),
    setEndpoint: (id, network, endpoint, op) => setEndpoint(client, id, network, endpoint, op),
    listNetworks: (label, op) => listNetworks(client, label, op),
    removeNetwork: (name, op) => removeNetwork(client, name, op),

    async close() {
      client.agent.destroy();
    },
  };
}
