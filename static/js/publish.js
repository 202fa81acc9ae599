// Helps with the form for an event. Without this script nothing is missing but the speed.

const form = document.querySelector("#event_form");
const wait = 400; // milliseconds without a key before anything is asked for

// The elements of a piece of HTML that this site made. No script in it runs.
function piece(html) {
  return [...new DOMParser().parseFromString(html, "text/html").body.childNodes];
}

// Calls `ask(signal)` once nothing has happened for a while. What is asked again is no longer waited for.
function later(ask) {
  let timer, running;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      running?.abort();
      running = new AbortController();
      try {
        await ask(running.signal);
      } catch (error) {
        if (error.name !== "AbortError") console.warn(error);
      }
    }, wait);
  };
}

// What else is on that day

const clash = form.querySelector("[data-clash]");
const looked = later(async (signal) => {
  const asked = new URLSearchParams({ date: form.elements.date_0.value, tags: form.elements.tags.value, areas: form.elements.areas.value });
  const answer = asked.get("date") ? await fetch(`${clash.dataset.clash}?${asked}`, { signal }) : null;
  clash.replaceChildren(...(answer?.ok ? piece(await answer.text()) : []));
});
form.elements.date_0.addEventListener("change", looked);
for (const name of ["tags", "areas"]) form.elements[name].addEventListener("change", looked);

// Buttons for the text, and how it will look

const tools = form.querySelector("[data-text]");
const text = document.getElementById(tools.dataset.text);
const region = tools.querySelector("[role=region]");

function write(made, from, to, selected) {
  text.focus();
  text.setRangeText(made, from, to, "end");
  if (selected) text.setSelectionRange(from + selected[0], from + selected[1]);
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

tools.addEventListener("click", ({ target }) => {
  const { around, before, link } = target.dataset;
  const { selectionStart: from, selectionEnd: to, value } = text;
  const chosen = value.slice(from, to);
  if (around) write(around + chosen + around, from, to, [around.length, around.length + chosen.length]);
  else if (link) write(`[${chosen}](${link})`, from, to, chosen ? [chosen.length + 3, chosen.length + 3 + link.length] : [1, 1]);
  else if (before) {
    const start = value.lastIndexOf("\n", from - 1) + 1;
    write(value.slice(start, to).replace(/^/gm, before), start, to);
  }
});

const shown = later(async (signal) => {
  const body = new URLSearchParams({ text: text.value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  const answer = text.value.trim() ? await fetch(tools.dataset.preview, { method: "POST", body, signal }) : null;
  region.querySelector(".prose").replaceChildren(...(answer?.ok ? piece(await answer.text()) : []));
  region.hidden = !answer?.ok;
});
text.addEventListener("input", shown);
tools.hidden = false;
if (text.value) shown();
