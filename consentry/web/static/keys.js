// Keys of the pages: whatever carries data-key is pressed or focused by that key. Letters only where they are switched on,
// none while somebody types. Focusing a field outlines it on the page and zooms there.
"use strict";
const desk = document.querySelector(".case"), page = document.getElementById("page"), outline = document.getElementById("outline");
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
  if (event.key.length === 1 && desk && !desk.hasAttribute("data-letter-keys")) return;
  const found = document.querySelector(`[data-key="${CSS.escape(event.key.length === 1 ? event.key.toLowerCase() : event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input:not([type=radio])")) found.focus(); else found.click();
});
if (page) {
  document.querySelectorAll("[data-box]").forEach((row) => row.addEventListener("focus", () => {
    const [x, y, width, height] = row.dataset.box.split(" ").map(Number);
    for (const [name, value] of Object.entries({ x, y, width, height })) outline.setAttribute(name, value);
    page.setAttribute("viewBox", `${Math.max(x - 200, 0)} ${Math.max(y - 300, 0)} ${width + 400} ${height + 600}`);
  }));
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    const [, , width, height] = page.dataset.whole.split(" ").map(Number), times = Number(button.dataset.zoom);
    page.setAttribute("viewBox", `0 0 ${width / times} ${height / times}`);
  }));
}
