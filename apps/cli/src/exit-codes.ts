/** What `hafen` ends with; `run`, `attach`, `exec` and `start -a` end with the process's own code instead. */
export const EXIT_CODES = {
  ok: 0,
  /** The service refused, a build failed, nothing answered. */
  failed: 1,
  /** A command's time limit ended it. */
  timedOut: 124,
  /** The command line is wrong, or what `run` needs of the service failed; as docker. */
  usage: 125,
  /** Left with Ctrl-C. */
  interrupted: 130,
  /** Nobody reads its output any more; as a process that SIGPIPE ended. */
  brokenPipe: 141,
} as const;
