/** What a Dockerfile can say, in one: built and looked at over the API and over the command alike. */
export const STORY_FILES = {
  Dockerfile: `# syntax=docker/dockerfile:1
ARG BASE=busybox
FROM \${BASE} AS tools
ARG VERSION=none
RUN echo "version $VERSION" > /version

FROM tools AS checked
RUN echo checked > /checked

FROM \${BASE:-nothing}
ARG VERSION=unset
ENV GREETING=hello NAME="big world"
LABEL org.example.version=$VERSION org.example.name="A b"
WORKDIR /srv
WORKDIR app
COPY --from=tools /version ./
COPY --chown=1234 . ./files/
USER 1234:1234
EXPOSE 8080 53/udp
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=5s --timeout=2s --start-period=1m --retries=2 CMD test -f version
ONBUILD COPY extra.txt /extra.txt
ENTRYPOINT ["/bin/sh", "files/entrypoint.sh"]
CMD ["default", "a b"]
`,
  ".dockerignore": "*.log\nprivate\n!private/shown\n",
  "entrypoint.sh": `echo "$GREETING $NAME in $PWD as $(id -u):$(id -g) with $# words: $*"
cat version
find files | sort
if [ "$1" = wait ]; then
  trap 'echo stopped by USR1; exit 0' USR1
  echo waiting
  while :; do sleep 0.1; done
fi
`,
  "kept.txt": "kept",
  "left-out.log": "",
  "private/key": "",
  "private/shown": "",
};

/** What the image's container prints when the client has applied `.dockerignore`, as docker's own does. */
export const STORY_OUTPUT = `hello big world in /srv/app as 1234:1234 with 2 words: default a b
version 7
files
files/.dockerignore
files/Dockerfile
files/entrypoint.sh
files/kept.txt
files/private
files/private/shown`;

/** The service takes a context as it is sent. */
export const STORY_OUTPUT_OF_ALL = STORY_OUTPUT.replace("kept.txt\n", "kept.txt\nfiles/left-out.log\n").replace(
  "private\n",
  "private\nfiles/private/key\n",
);

export const STORY_CONFIG = {
  entrypoint: ["/bin/sh", "files/entrypoint.sh"],
  command: ["default", "a b"],
  workingDir: "/srv/app",
  user: "1234:1234",
  exposedPorts: ["53/udp", "8080/tcp"],
  labels: { "org.example.version": "7", "org.example.name": "A b" },
  stopSignal: "SIGUSR1",
  onBuild: ["COPY extra.txt /extra.txt"],
  healthcheck: {
    test: ["CMD-SHELL", "test -f version"],
    intervalSeconds: 5,
    timeoutSeconds: 2,
    startPeriodSeconds: 60,
    retries: 2,
  },
};

/** How ENTRYPOINT and CMD combine: Docker's own table. */
export const COMBINATIONS: [dockerfile: string, words: string[], printed: string][] = [
  ['CMD ["echo", "exec", "$HOME"]', [], "exec $HOME"],
  ["CMD echo shell $HOME", [], "shell /root"],
  ["CMD echo shell", ["echo", "words", "$HOME"], "words $HOME"],
  ['ENTRYPOINT ["echo", "entry"]\nCMD ["cmd", "p"]', [], "entry cmd p"],
  ['ENTRYPOINT ["echo", "entry"]\nCMD cmd p', [], "entry /bin/sh -c cmd p"],
  ['ENTRYPOINT ["echo", "entry"]\nCMD ["cmd"]', ["words"], "entry words"],
  ['ENTRYPOINT ["echo", "entry"]', [], "entry"],
  ['ENTRYPOINT echo entry $HOME\nCMD ["cmd", "p"]', [], "entry /root"],
  ["ENTRYPOINT echo entry $HOME\nCMD cmd p", [], "entry /root"],
  ["ENTRYPOINT echo entry", ["words"], "entry"],
  // An ENTRYPOINT drops the CMD of the image below.
  ['FROM before\nENTRYPOINT ["echo", "entry"]', [], "entry"],
];

/** Needs BuildKit: what it says, and what is said to write instead. */
export const NOT_HERE: [dockerfile: string, instead: RegExp][] = [
  [
    "FROM busybox\nRUN <<EOF\necho x\nEOF\n",
    /line 2: here-documents .*BuildKit, which is not allowed here.*file of the context/,
  ],
  ["FROM busybox\nCOPY <<EOF /x\ntext\nEOF\n", /line 2: here-documents .*BuildKit/],
  [
    "FROM busybox\nRUN --mount=type=cache,target=/c true\n",
    /line 2: RUN --mount needs BuildKit, which is not allowed here.*layer cache/,
  ],
  ["FROM busybox\nCOPY --chmod=700 a /a\n", /line 2: COPY --chmod needs BuildKit.*RUN chmod/],
];
