// Says before sending which files are too large, and while sending how far it is. Without this script the browser
// sends the form, and the server says the same.

const LIMIT = 10, ALL = 60; // megabytes
const MEGABYTE = 1024 * 1024;
const input = document.querySelector("input[type=file][data-too-large]");
const form = input?.form;
const note = document.createElement("p");
note.className = "field__error";
note.setAttribute("role", "alert");

function problem() {
  const files = [...input.files];
  const large = files.find((file) => file.size > LIMIT * MEGABYTE);
  if (large) return input.dataset.tooLarge.replace("{name}", large.name.slice(0, 60));
  return files.reduce((sum, file) => sum + file.size, 0) > (ALL - 1) * MEGABYTE ? input.dataset.tooMany : "";
}

function tell() {
  note.textContent = problem();
  if (note.textContent) input.before(note);
  else note.remove();
}

// The page that was answered: another one, or the form that came back.
function show(request, address) {
  if (request.responseURL !== address) return location.assign(request.responseURL);
  document.open();
  document.write(request.responseText);
  document.close();
  // A module runs once for all that is written into a window, so the form needs its scripts under new names.
  for (const { src } of document.querySelectorAll("script[type=module]")) import(`${src}?${Date.now()}`);
}

function send(event) {
  tell();
  if (note.textContent) {
    event.preventDefault();
    input.focus();
    return;
  }
  if (!input.files.length || event.defaultPrevented) return;
  event.preventDefault();
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", input.dataset.sending);
  bar.max = 1;
  input.after(bar);
  const sender = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
  const address = sender.split("#")[0];
  const request = new XMLHttpRequest();
  request.open("POST", address);
  request.upload.addEventListener("progress", (sent) => {
    if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
  });
  request.addEventListener("load", () => show(request, address));
  request.addEventListener("error", () => {
    // Sent once more in the ordinary way, the browser says what is the matter.
    bar.remove();
    form.removeEventListener("submit", send);
    form.requestSubmit(event.submitter);
  });
  request.send(new FormData(form, event.submitter));
}

input?.addEventListener("change", tell);
form?.addEventListener("submit", send);
