export { InputError } from "./archive/error.ts";
export { exportAudit, listAudit } from "./audit/list.ts";
export { cancelBuild } from "./build/cancel.ts";
export { commitContainer } from "./build/commit.ts";
export {
  createBuild,
  keepIfTaken,
  foreseeBuild,
  receiveContext,
  receiveImage,
  UPLOAD_LIMITS,
  type Source,
  type UploadLimits,
} from "./build/create.ts";
export { describeBuild, getBuildRow, listBuilds, waitBuild } from "./build/get.ts";
export { BUILD_LIMITS } from "./build/limits.ts";
export { buildLogs } from "./build/logs.ts";
export { removeBuild } from "./build/remove.ts";
export { pullImage, pushImage } from "./build/pull.ts";
export { runBuild } from "./build/run.ts";
export { attachContainer, type Attached } from "./container/attach.ts";
export { connectPort } from "./container/connect.ts";
export { convergeContainer } from "./container/converge.ts";
export { createContainer } from "./container/create.ts";
export { execContainer } from "./container/exec.ts";
export { containerPlace } from "./container/files.ts";
export { describeContainer, describeContainers, listContainers } from "./container/get.ts";
export { logStart } from "./container/log-position.ts";
export { pauseContainer, unpauseContainer } from "./container/pause.ts";
export { declaredPorts } from "./container/ports.ts";
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
export { startable, startContainer } from "./container/start.ts";
export { killContainer, restartContainer, stopContainer } from "./container/stop.ts";
export { Turns } from "./container/turns.ts";
export { updateContainer } from "./container/update.ts";
export { waitContainer, waitRunEnd, waitSettled } from "./container/wait.ts";
export type { Actor, Ctx, HostCtx } from "./ctx.ts";
export { eventFeed, feedStart, positionId } from "./event/feed.ts";
export { startAfterBoot } from "./host/boot.ts";
export { createGrant, describeGrant, listGrants, listReceived, revokeGrant, type Granted } from "./grant/grants.ts";
export { accessibleVolume } from "./grant/volume.ts";
export { ANYWHERE, CLOSED_RANGES, isClosedAddress, parseAllowed, type Allowed } from "./egress/allowed.ts";
export type { EgressFilter } from "./egress/egress.ts";
export { macAddress, macPrefix } from "./egress/mac-address.ts";
export { addressOf, covers, rangeOf, type Range } from "./egress/range.ts";
export { chooseHost, getHost, listHosts } from "./host/hosts.ts";
export { examineHost, type HostFacts } from "./host/check/examine.ts";
export { readStrangersPolicy } from "./host/strangers.ts";
export { knownHoles } from "./host/known-holes.ts";
export { exportedTags, exportImage } from "./image/export.ts";
export type { Place } from "./files/place.ts";
export { readFile, readFiles } from "./files/read.ts";
export { Transfers } from "./files/transfers.ts";
export { STALL_MS, unstalled } from "./files/unstalled.ts";
export { writeFile, writeFiles } from "./files/write.ts";
export { emptyImageTag } from "./image/empty-image.ts";
export { findImage, lookUpImage } from "./image/find.ts";
export { importChanges } from "./build/import-changes.ts";
export { describeImage, getImage, imageHistory, listImages } from "./image/get.ts";
export { convergeImage, internalTag, removeImage } from "./image/remove.ts";
export { tagImage } from "./image/tag.ts";
export { imageTree } from "./image/tree.ts";
export { prune, type PruneHosts } from "./prune/prune.ts";
export { pruneVolumeHere } from "./prune/volume-on-host.ts";
export { applyRetention } from "./retention/apply.ts";
export { setRetention } from "./retention/policy.ts";
export { listCredentials, removeCredential, storeCredential } from "./registry/credentials.ts";
export { DEFAULT_REGISTRIES, readRegistryPolicy, type RegistryPolicy } from "./registry/policy.ts";
export { admitToPort, type Admission, type PortRequester } from "./port/admit.ts";
export { listFlows } from "./flow/list.ts";
export { createLink, LINK_NAME, listLinks, revokeLink } from "./port/links.ts";
export { getSecret, listSecrets } from "./secret/get.ts";
export { keysOf } from "./secret/keys.ts";
export { removeSecret } from "./secret/remove.ts";
export { reseal, type Resealed } from "./secret/reseal.ts";
export { secretValue, storeSecret } from "./secret/store.ts";
export type { SecretKeys } from "./sealed.ts";
export { signGrant, STREAM_ACTIONS, verifyGrant, type StreamAction, type StreamGrant } from "./stream-token.ts";
export { endExpired } from "./sweep/expire.ts";
export { IdleWatch } from "./sweep/idle.ts";
export { keepHouse } from "./sweep/keep.ts";
export { dropSecretFiles, restoreSecretFiles } from "./sweep/secret-files.ts";
export { nudgeUnsettled } from "./sweep/nudge.ts";
export { reconcile, type Differences } from "./sweep/reconcile.ts";
export { describeUsage, type UserUsage } from "./usage/df.ts";
export { containerSize, userUsage, type HostUsage } from "./usage/on-host.ts";
export { actorOf, authenticate, type Authenticated } from "./user/authenticate.ts";
export { createKey, listKeys, revokeKey } from "./user/keys.ts";
export { carryOutRemovals } from "./user/carry-out-removals.ts";
export { removeUser } from "./user/remove.ts";
export { updateUser } from "./user/update.ts";
export { createUser, describeUser, ensureAdmin, getMe, getUserRow, listUsers } from "./user/users.ts";
export { createVolume, describeVolume, getVolume, listVolumes } from "./volume/create.ts";
export { cloneVolume, waitCopied } from "./volume/clone.ts";
export { convergeVolume } from "./volume/converge.ts";
export { volumePlace, volumeWithFiles } from "./volume/files.ts";
export { removeVolume, waitVolumeGone } from "./volume/remove.ts";
