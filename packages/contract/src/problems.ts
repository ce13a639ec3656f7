/** Every error a client can meet: a stable code, its HTTP status and its title (RFC 9457). */
export const PROBLEMS = {
  invalid_request: { status: 400, title: "The request is not valid" },
  invalid_json: { status: 400, title: "The body is not valid JSON" },
  reference_invalid: { status: 400, title: "Not an image name" },
  context_invalid: { status: 400, title: "The build context is not a tar archive" },
  context_truncated: { status: 400, title: "The build context ends too early" },
  context_entry_refused: { status: 400, title: "The build context has an entry that is not allowed" },
  context_too_large: { status: 413, title: "The build context is too large" },
  archive_invalid: { status: 400, title: "The image archive is not valid" },
  dockerfile_missing: { status: 400, title: "The build context has no Dockerfile" },
  dockerfile_invalid: { status: 400, title: "The Dockerfile is not valid" },
  remote_add_refused: { status: 400, title: "ADD from a URL is not allowed" },
  tar_invalid: { status: 400, title: "The tar is not valid" },
  tar_entry_refused: { status: 400, title: "The tar has an entry that is not allowed" },
  tar_too_large: { status: 413, title: "The tar is too large" },
  path_not_directory: { status: 400, title: "The path is not a directory" },
  path_in_memory: { status: 400, title: "The path is not on a disk" },
  path_is_directory: { status: 400, title: "The path is a directory" },
  path_not_file: { status: 400, title: "The path is not a regular file" },
  body_size_wrong: { status: 400, title: "The body has another size than was said" },
  no_healthcheck: { status: 400, title: "The container has no health check" },
  egress_invalid: { status: 400, title: "Not what a container may reach" },
  mount_invalid: { status: 400, title: "The mounts are not valid" },
  privileged_refused: { status: 400, title: "No container is privileged" },
  namespace_refused: { status: 400, title: "No container shares a namespace" },
  device_refused: { status: 400, title: "No container has devices of the host" },
  capability_refused: { status: 400, title: "Capabilities come from the profile alone" },
  sysctl_refused: { status: 400, title: "No container sets the kernel" },
  security_option_refused: { status: 400, title: "Security options come from the profile alone" },
  host_path_refused: { status: 400, title: "No path of the host is mounted" },
  cgroup_refused: { status: 400, title: "Hafen places containers in cgroups itself" },
  registry_not_allowed: { status: 403, title: "This registry may not be used" },
  unauthenticated: { status: 401, title: "No valid API key" },
  port_private: { status: 401, title: "The port is private" },
  policy_refused: { status: 403, title: "The account's policy does not allow this" },
  scope_missing: { status: 403, title: "The API key lacks a scope" },
  origin_refused: { status: 403, title: "Pages of this origin may not open WebSockets here" },
  not_found: { status: 404, title: "No such resource" },
  user_not_found: { status: 404, title: "No such user" },
  key_not_found: { status: 404, title: "No such key" },
  build_not_found: { status: 404, title: "No such build" },
  image_not_found: { status: 404, title: "No such image" },
  container_not_found: { status: 404, title: "No such container" },
  path_not_found: { status: 404, title: "No such path in the container" },
  registry_not_found: { status: 404, title: "No credentials for this registry" },
  port_not_found: { status: 404, title: "No such port" },
  grant_not_found: { status: 404, title: "No such grant" },
  link_not_found: { status: 404, title: "No such link" },
  volume_not_found: { status: 404, title: "No such volume" },
  secret_not_found: { status: 404, title: "No such secret" },
  host_not_found: { status: 404, title: "No such host" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  limits_refused: { status: 409, title: "The host did not take the limits" },
  path_read_only: { status: 409, title: "The path is read-only" },
  grant_revoked: { status: 409, title: "The grant was revoked" },
  grant_read_only: { status: 403, title: "The grant is for reading" },
  user_protected: { status: 409, title: "This user cannot be changed so" },
  name_taken: { status: 409, title: "The name is taken" },
  container_wrong_state: { status: 409, title: "The container's state does not allow this" },
  build_wrong_state: { status: 409, title: "The build's state does not allow this" },
  image_in_use: { status: 409, title: "The image is in use" },
  volume_not_empty: { status: 409, title: "The volume holds data" },
  volume_in_use: { status: 409, title: "The volume is in use" },
  secret_in_use: { status: 409, title: "The secret is in use" },
  volume_copying: { status: 409, title: "The volume is being copied" },
  volume_lost: { status: 409, title: "The volume's data are gone" },
  volume_changing: { status: 409, title: "The volume changed while it was copied" },
  files_interrupted: { status: 409, title: "The copying of files was interrupted" },
  other_host: { status: 409, title: "Image and volumes are on different hosts" },
  quota_exceeded: { status: 409, title: "Over the quota" },
  idempotency_in_progress: { status: 409, title: "A request with this Idempotency-Key is under way" },
  secret_shown_once: { status: 409, title: "The secret was shown before" },
  outcome_unknown: { status: 409, title: "Nobody knows whether it was done" },
  request_stalled: { status: 408, title: "The request did not come" },
  files_stalled: { status: 408, title: "The files did not come" },
  length_required: { status: 411, title: "The size of the body is not known" },
  file_too_large: { status: 413, title: "The file is too large" },
  body_too_large: { status: 413, title: "The body is too large" },
  target_too_long: { status: 414, title: "The request's target is too long" },
  unsupported_media_type: { status: 415, title: "Media type not supported" },
  idempotency_mismatch: { status: 422, title: "This Idempotency-Key was used for another request" },
  upgrade_required: { status: 426, title: "This path is a WebSocket" },
  too_many_streams: { status: 429, title: "Too many at once" },
  rate_limited: { status: 429, title: "Too many requests" },
  head_too_large: { status: 431, title: "The request's head is too large" },
  port_unreachable: { status: 502, title: "Nothing answers on the port" },
  internal: { status: 500, title: "Internal error" },
  disk_full: { status: 507, title: "The disk is full" },
  no_host_protects: { status: 503, title: "No host has the protections this work needs" },
  host_unreachable: { status: 503, title: "The container's host does not answer" },
  secrets_unavailable: { status: 503, title: "The service has no key to seal secrets with" },
  unavailable: { status: 503, title: "A service Hafen needs does not answer" },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong; `pointer` is a JSON pointer (RFC 6901) into the body, or `?name` for a query parameter. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** The one error class that verbs throw. `detail` says what to do; `extra` becomes further members of the problem. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extra: Record<string, unknown>;

  constructor(code: ProblemCode, detail: string, extra: Record<string, unknown> = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }
}

/** The body of an `application/problem+json` answer. */
export function toProblem(error: ProblemError, requestId: string): Record<string, unknown> & { status: number } {
  const { status, title } = PROBLEMS[error.code];
  return {
    type: `/docs#problem-${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.detail,
    requestId,
    ...error.extra,
  };
}
