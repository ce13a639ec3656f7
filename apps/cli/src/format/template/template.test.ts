import assert from "node:assert/strict";
import { test } from "node:test";
import { templateOf } from "./template.ts";
import { goMap } from "./values.ts";

const VALUE = {
  Id: "abc",
  Name: "volumetest",
  Count: 3,
  State: { Status: "running", Running: true, Pid: null, ExitCode: 0 },
  Mounts: [
    { Type: "volume", Source: "vol_1", Destination: "/data", RW: true },
    { Type: "bind", Source: "/home/frank", Destination: "/home", RW: false },
  ],
  Config: { Env: ["A=1", "B=2"], Labels: goMap({ "b.c": "2", a: "1" }), Cmd: null },
  Empty: { List: [], Map: goMap({}), Text: "" },
};
const render = (template: string) => templateOf(template)(VALUE);
const refused = (template: string, message: RegExp) =>
  assert.throws(() => render(template), { name: "UsageError", message });

/** What Go prints for the same template and a value of the same shape. */
const SAID: Record<string, string> = {
  "plain text": "plain text",
  "{{.State.Status}}/{{ .State.Pid }}": "running/<nil>",
  "{{.Mounts}}": "[{volume vol_1 /data true} {bind /home/frank /home false}]",
  "{{.State}} {{.Config.Env}} {{.Config.Labels}}": "{running true <nil> 0} [A=1 B=2] map[a:1 b.c:2]",
  "{{json .Config}}": '{"Env":["A=1","B=2"],"Labels":{"b.c":"2","a":"1"},"Cmd":null}',
  "{{json .}}": JSON.stringify(VALUE),
  "{{.Config.Labels.a}} {{.Config.Labels.none}}": "1 <no value>",
  '{{index .Config.Labels "b.c"}} {{index .Config.Env 1}} [{{index .Config.Labels "none"}}]': "2 B=2 []",
  "{{(index .Mounts 0).Source}}": "vol_1",
  '{{printf "%s" (index .Config.Env 0 | lower)}}': "a=1",
  "{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}": "vol_1:/data /home/frank:/home ",
  "{{range $i, $m := .Mounts}}{{$i}}={{$m.Type}} {{$.Id}};{{end}}": "0=volume abc;1=bind abc;",
  "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}": "a=1 b.c=2 ",
  "{{range .Empty.List}}x{{else}}none{{end}}{{range .Config.Cmd}}x{{end}}": "none",
  '{{range .Config.Env}}{{if eq . "B=2"}}{{break}}{{end}}{{.}}{{end}}': "A=1",
  '{{range .Config.Env}}{{if eq . "A=1"}}{{continue}}{{end}}{{.}}{{end}}': "B=2",
  "{{if .State.Running}}up{{else}}down{{end}}": "up",
  "{{if .State.ExitCode}}bad{{else if .Empty.Text}}text{{else}}well{{end}}": "well",
  "{{if .Empty.Map}}x{{end}}{{if .Empty.List}}x{{end}}{{if .State}}y{{end}}": "y",
  "{{with .Config}}{{len .Env}} {{$.Name}}{{end}}{{with .Empty.Text}}x{{else}} empty{{end}}": "2 volumetest empty",
  "{{with $x := .Name}}{{$x}} {{.}}{{end}}": "volumetest volumetest",
  "{{$n := 0}}{{range .Mounts}}{{$n = len .Source}}{{end}}{{$n}}": "11",
  '{{join .Config.Env ","}} {{.Name | upper}} {{lower "ABC"}} {{title "two words"}}':
    "A=1,B=2 VOLUMETEST abc Two Words",
  '{{len .Name}} {{len .Mounts}} {{len "é"}} {{len .Config.Labels}}': "10 2 2 2",
  '{{eq .Name "a" "volumetest"}} {{ne 1 2}} {{lt 1 2}} {{ge 1 2}} {{not .State.Running}}': "true true true false false",
  '{{and .State.Running .Id}} {{or .Empty.Text "other"}} {{and nil 1}}': "abc other <nil>",
  '{{println "a" 1}}{{print 1 2 "b" 3}}': "a 1\n1 2b3",
  '{{printf "%-6s|%3d|%q|%05.1f|%t|%%" .Id 7 "x" 2.5 true}}': 'abc   |  7|"x"|002.5|true|%',
  '{{pad .Id 1 2}}|{{truncate .Name 6}}|{{split "a:b" ":"}}': " abc  |volume|[a b]",
  "a  {{- .Id -}}  b {{/* a comment */}}c": "aabcb c",
  "{{range .Mounts -}}\n  {{.Type}},\n{{- end}}": "volume,bind,",
  '{{"}}"}} {{`raw "text"`}} {{ "q\\"uote" }}': '}} raw "text" q"uote',
  "{{.Id}}\\t{{.Name}}\\n": "abc\tvolumetest\n",
};

test("templates print what Go prints", () => {
  for (const [template, text] of Object.entries(SAID)) assert.equal(render(template), text, template);
});

test("what is not supported is refused by its name, before anything is printed", () => {
  refused('{{template "x"}}', /template is not supported/);
  refused('{{define "x"}}{{end}}', /define is not supported/);
  refused("{{html .Name}}", /html is not supported; there is json, index/);
  refused('{{printf "%c" 1}}', /printf has no %c/);
});

test("what is wrong is refused with what it is", () => {
  refused("{{.State.Nope}}", /there is no Nope in \.State\.Nope/);
  refused("{{.constructor}}", /there is no constructor/);
  refused("{{.Name.length}}", /there is no length/);
  refused("{{index .Mounts 5}}", /there is no index 5/);
  refused("{{index .State 1}}", /index takes/);
  refused("{{range .Mounts}}x", /range without \{\{end\}\}/);
  refused("x{{end}}", /\{\{end\}\} without/);
  refused("{{if .Name}}{{else}}x", /if without/);
  refused("{{.Name", /\{\{ without \}\}/);
  refused("{{}}", /nothing to print/);
  refused("{{(.Name}}", /\( without \)/);
  refused("{{.Name)}}", /\) without \(/);
  refused("{{$x}}", /no variable \$x/);
  refused("{{$x = 1}}", /no variable \$x/);
  refused("{{range $a, $b := .Mounts}}{{end}}{{$a}}", /no variable \$a/);
  refused("{{range .Name}}{{end}}", /cannot go over/);
  refused("{{.Name .Id}}", /only a function/);
  refused("{{break}}", /outside of range/);
  refused("{{eq .Name 1}}", /eq takes/);
  refused("{{.Name | 'x'}}", /is not understood/);
});
