export { LogLevel, port, readConfig, readSecret } from "./config.ts";
export { framed } from "./framed.ts";
export { errorFields, openLog, type Log } from "./log.ts";
export { Counter, Gauge, Histogram, openMetrics, Registry, SECONDS_BUCKETS } from "./metrics.ts";
export { endWithParent } from "./parent.ts";
export { onShutdown, type Shutdown } from "./shutdown.ts";
export { tunnel } from "./tunnel.ts";
export { eachMessage, keepAlive, pacedSend, StalledError } from "./web-socket.ts";
