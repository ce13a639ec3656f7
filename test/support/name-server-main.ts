import { createSocket } from "node:dgram";
import dns, { type Answer } from "dns-packet";

/** Run by itself, in the network of an engine: `address upstream`. Prints each name it is asked for; what it does not know it asks on. */
const [address = "", upstream = ""] = process.argv.slice(2);
const PUBLIC = "203.0.113.80";
let rebinds = 0;

function answersTo(name: string): Answer[] | undefined {
  const a = (data: string): Answer => ({ type: "A", name, data, ttl: 1 });
  switch (name.toLowerCase()) {
    case "rebind.test":
      return [a(rebinds++ === 0 ? PUBLIC : "10.255.255.53")];
    case "mixed.test":
      return [a("169.254.169.254"), a(PUBLIC), a("127.0.0.1"), a("192.168.1.1")];
    case "alias.test":
      return [
        { type: "CNAME", name, data: "internal.test", ttl: 1 },
        { ...a("10.0.0.5"), name: "internal.test" },
      ];
  }
  return /\.flood\.test$/i.test(name) ? [a(PUBLIC)] : undefined;
}

const socket = createSocket("udp4");
socket.on("message", (message, { port, address: source }) => {
  const { id = 0, questions = [] } = dns.decode(message);
  const [question] = questions;
  if (!question) return;
  console.log(`asked ${question.name}`);
  const answers = answersTo(question.name);
  if (answers) return socket.send(dns.encode({ type: "response", id, questions, answers }), port, source);
  const onward = createSocket("udp4");
  onward.on("message", (answer) => {
    socket.send(answer, port, source);
    onward.close();
  });
  onward.send(message, 53, upstream);
});
socket.bind(53, address, () => console.log("ready"));
