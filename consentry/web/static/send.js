// Sending: files are announced, then sent piece by piece, the list first; it is checked before any scan is sent. A piece that fails
// is sent again from where the last one ended, and so is everything after the page was left and the same files are chosen again.
"use strict";
const form = document.getElementById("send"), drop = document.getElementById("drop"), chosen = document.getElementById("chosen");
const said = document.getElementById("said"), faults = document.getElementById("faults"), bar = document.getElementById("bar");
const go = document.getElementById("go"), words = form.dataset, piece = 500000, most = 5;
let files = [], checked = null;

const isList = (file) => /\.(xlsx|xls|csv)$/i.test(file.name);
const headers = (more) => ({ "x-form-token": words.token, accept: "application/json", ...more });
const fields = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask(path, options) {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(path, options), told = await answer.json();
      if (answer.status >= 500) throw new Error();
      if (!answer.ok) throw Object.assign(new Error(told.words), { told: true });
      return told;
    } catch (error) {
      if (error.told || tries >= most) throw error.told ? error : new Error(words.lost);
      await sleep(400 * 2 ** tries);
    }
  }
}
const post = (path, body) => ask(path, { method: "POST", headers: headers({ "content-type": "application/json" }), body: JSON.stringify(body ?? {}) });

function add(list) {
  for (const file of list) if (!files.some((one) => one.name === file.name && one.size === file.size)) files.push(file);
  files = [...files.filter(isList).slice(-1), ...files.filter((file) => !isList(file))];
  checked = null;
  chosen.replaceChildren(...files.map((file) => {
    const line = document.createElement("li"), away = document.createElement("button");
    line.textContent = `${file.name} (${isList(file) ? words.list : words.scan}, ${Math.ceil(file.size / 1000)} kB) `;
    away.type = "button"; away.textContent = words.remove; away.setAttribute("aria-label", `${words.remove} ${file.name}`);
    away.addEventListener("click", () => { files = files.filter((one) => one !== file); add([]); });
    line.append(away);
    return line;
  }));
  faults.replaceChildren();
  go.disabled = !files.length;
  go.textContent = words.send;
}

async function begin() {
  const key = `upload ${JSON.stringify([words.answers, fields(), ...files.map((file) => [file.name, file.size, file.lastModified])])}`;
  const known = sessionStorage.getItem(key);
  if (known) {
    try { return { id: known, key, received: (await ask(`/uploads/${known}`, { headers: headers() })).received }; } catch { sessionStorage.removeItem(key); }
  }
  const announced = files.map((file) => ({ name: file.name, size: file.size, kind: isList(file) ? "list" : "scan" }));
  const made = await post(words.begin ?? "/uploads", { files: announced, answers: words.answers, ...fields() });
  sessionStorage.setItem(key, made.upload_id);
  return { id: made.upload_id, key, received: files.map(() => 0) };
}

async function carry(upload, numbers) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  for (const number of numbers) {
    while (upload.received[number] < files[number].size) {
      const offset = upload.received[number], body = files[number].slice(offset, offset + piece);
      const path = `/uploads/${upload.id}/files/${number}?offset=${offset}`;
      upload.received[number] = (await ask(path, { method: "PUT", headers: headers({ "content-type": "application/octet-stream" }), body })).received;
      bar.value = upload.received.reduce((sum, size) => sum + size, 0) / total;
      said.textContent = `${files[number].name}: ${Math.round(100 * bar.value)}%`;
    }
  }
}

async function send() {
  const upload = await begin(), listed = files.findIndex(isList), numbers = files.map((_, number) => number);
  bar.hidden = false;
  if (listed >= 0 && checked !== upload.id) {
    await carry(upload, [listed]);
    said.textContent = words.checking;
    const told = await post(`/uploads/${upload.id}/check`);
    checked = upload.id;
    if (told.faults.length) {
      faults.replaceChildren(...told.faults.map((fault) => Object.assign(document.createElement("li"), { textContent: fault })));
      said.textContent = words.mend;
      go.textContent = words.anyway;
      return;
    }
    faults.replaceChildren();
  }
  await carry(upload, numbers);
  said.textContent = words.taking;
  const done = await post(`${words.end ?? "/uploads/"}${upload.id}/finish`, fields());
  sessionStorage.removeItem(upload.key);
  location.href = `${words.shown ?? "/submissions/"}${done.submission_id}`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  go.disabled = true;
  try { await send(); } catch (error) { said.textContent = error.message; go.textContent = words.again; }
  go.disabled = false;
});
document.getElementById("files").addEventListener("change", (event) => { add(event.target.files); event.target.value = ""; });
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); add(event.dataTransfer.files); });
