// Single keys for the queue. Everything they do is a button on the page; without this script nothing is missing.

const cards = [...document.querySelectorAll(".queue-card")];
const keys = { p: "publish", o: "promote", f: "feature", d: "dismiss" };

function current() {
  return document.activeElement?.closest(".queue-card") ?? document.querySelector(".queue-card:target") ?? cards[0];
}

function go(step) {
  const card = document.activeElement?.closest(".queue-card") ?? document.querySelector(".queue-card:target");
  const index = card ? cards.indexOf(card) + step : 0;
  cards[Math.min(Math.max(index, 0), cards.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = current();
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "u") document.querySelector(".messagelist button[name=undo], .queue-recent button[name=undo]")?.click();
  else if (!card) return;
  else if (event.key === "x") card.querySelector("input[type=checkbox]").click();
  else if (event.key === "h") {
    const details = card.querySelector("form details");
    if (!details) return;
    details.open = true;
    details.querySelector("input:not([type=hidden]), select")?.focus();
  } else if (event.key in keys) card.querySelector(`button[name=deed][value=${keys[event.key]}]`)?.click();
  else return;
  event.preventDefault();
});

for (const note of document.querySelectorAll(".queue-keys")) note.hidden = false;
