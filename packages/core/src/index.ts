export { InputError } from "./archive/error.ts";
export { cancelBuild } from "./build/cancel.ts";
export {
  createBuild,
  keepIfTaken,
  receiveContext,
  receiveImage,
  UPLOAD_LIMITS,
  type Source,
  type UploadLimits,
} from "./build/create.ts";
export { describeBuild, getBuildRow, listBuilds, waitBuild } from "./build/get.ts";
export { BUILD_LIMITS } from "./build/limits.ts";
export { buildLogs } from "./build/logs.ts";
export { runBuild } from "./build/run.ts";
export { attachContainer, type Attached } from "./container/attach.ts";
export { convergeContainer } from "./container/converge.ts";
export { createContainer } from "./container/create.ts";
export { execContainer } from "./container/exec.ts";
export { readFiles, writeFiles } from "./container/files.ts";
export { describeContainer, describeContainers, listContainers } from "./container/get.ts";
export { removeContainer } from "./container/remove.ts";
export { getContainer, wrongState, type ContainerKey } from "./container/request.ts";
export {
  containerChanges,
  containerIsolation,
  containerStats,
  containerTop,
  exportContainer,
} from "./container/measures.ts";
export { openExec, type OpenExec } from "./container/open-exec.ts";
export { containerLogs, noteEngineEvent, signalContainer } from "./container/live.ts";
export { containerSpec, LABELS } from "./container/spec.ts";
export { startContainer } from "./container/start.ts";
export { killContainer, restartContainer, stopContainer } from "./container/stop.ts";
export { Turns } from "./container/turns.ts";
export { waitContainer, waitSettled } from "./container/wait.ts";
export type { Actor, Ctx, HostCtx } from "./ctx.ts";
export { eventFeed, feedStart, positionId } from "./event/feed.ts";
export { chooseHost, getHost, listHosts } from "./host/hosts.ts";
export { findImage, lookUpImage } from "./image/find.ts";
export { describeImage, getImage, imageHistory, listImages } from "./image/get.ts";
export { convergeImage, internalTag, removeImage } from "./image/remove.ts";
export { tagImage } from "./image/tag.ts";
export { signGrant, STREAM_ACTIONS, verifyGrant, type StreamAction, type StreamGrant } from "./stream-token.ts";
export { keepHouse } from "./sweep/keep.ts";
export { nudgeUnsettled } from "./sweep/nudge.ts";
export { reconcile, type Differences } from "./sweep/reconcile.ts";
export { actorOf, authenticate } from "./user/authenticate.ts";
export { createKey, listKeys, revokeKey } from "./user/keys.ts";
export { createUser, ensureAdmin, getMe, getUser, listUsers } from "./user/users.ts";
export { createVolume, describeVolume, getVolume, listVolumes } from "./volume/create.ts";
export { convergeVolume, removeVolume, waitVolumeGone } from "./volume/remove.ts";
