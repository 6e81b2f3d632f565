// Keys of the pages: whatever carries data-key is pressed, opened or focused by that key. Single letters, digits and signs only
// where the person has them on, none while somebody types. Focusing a field outlines it on the page and zooms there.
"use strict";
const letters = document.body.hasAttribute("data-letter-keys"), help = document.getElementById("keys");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") shut(event.target.closest?.("details[open]"));
  const typing = event.target.matches("input:not([type=radio], [type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || help?.open) return;
  if (event.repeat || (event.key === "Enter" && isJustCome())) return;  // a key held or pressed twice decides nothing unseen
  if (event.key === "Enter" && event.target.matches("a, button, summary, input[type=checkbox]")) return;
  if (event.key.length === 1 && !letters) return;
  if (event.key === "?" && help) { event.preventDefault(); help.showModal(); return; }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found || found.disabled) return;
  event.preventDefault();
  if (found.matches("summary")) open(found.parentElement);
  else if (found.matches("input:not([type=radio]), select")) found.focus();
  else if (found.matches("input")) { found.checked = true; found.dispatchEvent(new Event("change", { bubbles: true })); found.focus(); }
  else found.click();
});
// The next case has just come in place of the one that was decided: nobody can have looked at it yet.
function isJustCome() { return performance.now() < 300 && new URLSearchParams(location.search).has("after"); }

// A form is sent once; a child that isn't chosen is asked for in the page's own words.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
document.querySelectorAll("[data-missing]").forEach((input) => {
  input.addEventListener("invalid", () => input.setCustomValidity(input.dataset.missing));
  input.form.addEventListener("change", () => input.setCustomValidity(""));
});
document.querySelectorAll("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));

function shut(details) {
  if (!details) return;
  details.open = false;
  details.querySelector("summary").focus();
}

function open(details) {
  details.open = true;
  details.querySelector("input:not([type=hidden]), select, button")?.focus();
}

const sheets = [...document.querySelectorAll("svg.sheet")], fieldToKey = document.getElementById("field-to-key");
function look(row) {
  const [x, y, width, height] = row.dataset.box.split(" ").map(Number);
  for (const sheet of sheets) {
    if (sheet.dataset.page === row.dataset.page) {
      sheet.setAttribute("viewBox", `${Math.max(x - 200, 0)} ${Math.max(y - 300, 0)} ${width + 400} ${height + 600}`);
    }
  }
  document.querySelectorAll(".spot").forEach((spot) => spot.classList.toggle("looked-at", spot.dataset.spot === row.dataset.field));
  if (fieldToKey && [...fieldToKey.options].some((option) => option.value === row.dataset.field)) fieldToKey.value = row.dataset.field;
}
document.querySelectorAll("[data-box]").forEach((row) => {
  row.addEventListener("focus", () => look(row));
  row.addEventListener("click", () => row.focus());
});
document.querySelectorAll(".spot").forEach((spot) => spot.addEventListener("click", () => {
  document.querySelector(`[data-field="${CSS.escape(spot.dataset.spot)}"]`).focus();
}));
document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => sheets.forEach((sheet) => {
  const [, , width, height] = sheet.dataset.whole.split(" ").map(Number), times = Number(button.dataset.zoom);
  sheet.setAttribute("viewBox", `0 0 ${width / times} ${height / times}`);
})));

document.querySelectorAll("form[data-walk]").forEach((form) => form.addEventListener("keydown", (event) => {
  const inputs = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox])")], next = inputs[inputs.indexOf(event.target) + 1];
  if (event.key !== "Enter" || !inputs.includes(event.target) || !next) return;
  event.preventDefault();
  next.focus();
}));

// While somebody is at a page, and for ten minutes after, it gives signs of life and keeps what is marked up to date; then the
// claim on a case, and the session, are left to end by themselves.
const held = document.querySelector("[data-beat]"), claim = document.getElementById("claim"), minute = 60000;
let touched = Date.now(), beaten = touched;
async function beat() {
  beaten = Date.now();
  const answer = await fetch(held.dataset.beat, { method: "POST", headers: { "x-form-token": held.dataset.token } }).catch(() => null);
  const trouble = answer?.ok ? "" : claim.getAttribute(`data-${!answer ? 0 : answer.status === 409 ? 409 : 401}`);
  if (claim.textContent !== trouble) claim.textContent = trouble;
  claim.hidden = !trouble;
}
const fresh = document.getElementById("fresh");
function refresh() {
  if (fresh?.checked && !document.hidden) document.querySelectorAll("[hx-trigger=refresh]").forEach((part) => part.dispatchEvent(new Event("refresh")));
}
if (fresh) {
  fresh.parentElement.hidden = false;
  fresh.checked = localStorage.getItem("fresh") !== "no";
  fresh.addEventListener("change", () => { localStorage.setItem("fresh", fresh.checked ? "yes" : "no"); refresh(); });
  document.addEventListener("visibilitychange", refresh);
  setInterval(() => { if (Date.now() - touched < 10 * minute) refresh(); }, minute / 2);
}
for (const kind of ["keydown", "pointerdown", "pointermove", "scroll", "focus"]) addEventListener(kind, () => {
  touched = Date.now();
  if (held && touched - beaten > minute) beat();
}, { passive: true });
if (held) setInterval(() => { if (Date.now() - touched < 10 * minute) beat(); }, minute);
