// Let forms that choose metrics and attributes offer only what goes together, and the values that are known.
// Without this every attribute is offered, and what is impossible is refused in a sentence.

const groupOf = (option) => option?.dataset.group ?? option?.closest("optgroup")?.dataset.group;

// Dimensions that a chosen metric has no way to are not offered; one that was chosen is taken out, and said.
function together(form) {
  const metrics = [...form.querySelectorAll('select[name^="metric"]')];
  const others = [...form.querySelectorAll('select[name^="by"], select[name="field"]')];
  const status = form.querySelector("[data-impossible]");
  const fit = () => {
    const chosen = metrics.map((each) => each.selectedOptions[0]?.dataset.reaches).filter(Boolean);
    const reach = chosen.map((each) => new Set(each.split(" ")));
    const goes = (group) => group === undefined || reach.every((each) => each.has(group));
    const out = [];
    for (const select of others) {
      const option = select.selectedOptions[0];
      for (const each of select.querySelectorAll("[data-group]")) each.hidden = each.disabled = !goes(each.dataset.group);
      if (option && !goes(groupOf(option))) {
        out.push(option.textContent);
        select.value = "";
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    status.hidden = out.length === 0;
    status.textContent = out.length ? `${status.dataset.impossible} ${out.join(", ")}` : "";
  };
  for (const each of metrics) each.addEventListener("change", fit);
  fit();
}

// Known values of the chosen attribute under the box; after a comma they are offered again.
function known(select) {
  const input = select.closest(".where, .condition").querySelector("input[list]");
  const list = document.getElementById(input.getAttribute("list"));
  let values = [...list.options].map((each) => each.value);
  let asked = 0;
  const offer = () => {
    const before = input.value.slice(0, input.value.lastIndexOf(",") + 1);
    const start = before ? `${before} ` : "";
    list.replaceChildren(...values.map((each) => Object.assign(document.createElement("option"), { value: start + each })));
  };
  const ask = async () => {
    const turn = ++asked;
    values = [];
    const name = select.value.replace(/^field:/, "");
    if (name && !name.includes(":") && name !== "time") {
      const answer = await fetch(select.dataset.values + encodeURIComponent(name));
      if (turn !== asked || !answer.ok) return;
      values = await answer.json();
    }
    offer();
  };
  select.addEventListener("change", ask);
  input.addEventListener("input", offer);
  if (select.value && values.length === 0) ask();
}

for (const form of document.querySelectorAll("form.query:has([data-impossible])")) together(form);
for (const select of document.querySelectorAll("select[data-values]")) known(select);
