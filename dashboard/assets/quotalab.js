/* What happens in the browser alone: marks on buttons and links change the view; the address follows it; cards are saved.
   The view lives in the store "view"; Python draws everything from it. */
(() => {
  "use strict";
  const lab = (window.quotalab = { view: null });
  const go = (changes) => {
    if (!lab.view) return;
    window.dash_clientside.set_props("said", { children: "" });
    window.dash_clientside.set_props("view", { data: { ...lab.view, unread: [], ...changes } });
  };

  // While runs are under way the server is asked again, but only once it has answered: on a slow computer a fixed
  // rhythm would overtake the answers, and Dash shows none that was overtaken.
  const ASK_AFTER = 250, GIVE_UP_AFTER = 15000;
  const ask = () => window.dash_clientside.set_props("pulse", { data: Date.now() });
  const await_runs = (address) => {
    clearTimeout(lab.timer);
    if (address && address.underway) {
      lab.timer = setTimeout(() => { ask(); lab.timer = setTimeout(ask, GIVE_UP_AFTER); }, ASK_AFTER);
    }
  };

  // A request that fails changes nothing on the page, so it must be said; and what was asked for is asked again.
  const AGAIN_AFTER = 4000, SLOWEST = 32000, LARGE = 1500000;
  const TROUBLES = { 401: "entry", 403: "entry", 413: "large", 429: "busy", 503: "busy", 502: "gone", 504: "gone" };
  const trouble = (kind) => {
    for (const note of document.querySelectorAll("#trouble [data-trouble]")) {
      note.hidden = note.dataset.trouble !== kind || note.lang !== document.documentElement.lang;
    }
    clearTimeout(lab.retry);
    if (kind !== "gone" && kind !== "busy") return void (lab.pause = 0);
    lab.pause = Math.min((lab.pause || AGAIN_AFTER / 2) * 2, SLOWEST);
    lab.retry = setTimeout(ask, lab.pause);
  };
  const plain_fetch = window.fetch;
  window.fetch = async (address, ...rest) => {
    const matters = String(address).includes("_dash-update-component");
    try {
      const answer = await plain_fetch(address, ...rest);
      if (matters) trouble(answer.ok ? null : TROUBLES[answer.status] || "failed");
      return answer;
    } catch (error) {
      const size = (rest[0] && rest[0].body && rest[0].body.length) || 0; // the server hangs up on what is too large
      if (matters && error.name !== "AbortError") trouble(size > LARGE ? "large" : "gone");
      throw error;
    }
  };
  const MOST_OTHERS = 2;

  // One scenario of the view becomes another's baseline or neighbour.
  const arms = {
    add: () => go({ others: [...lab.view.others, lab.view.scenario].slice(-MOST_OTHERS) }),
    pin: () => go({ baseline: lab.view.scenario }),
    unpin: () => go({ baseline: null }),
    reset: () => go({ scenario: { base: lab.view.scenario.base, changes: {} } }),
  };

  const options = (changes) => {
    const { right, seeds, base, also, ...rest } = changes;
    const next = {};
    if (right !== undefined) next.right = right || null;
    if (seeds !== undefined) next.seeds = Number(seeds);
    if (base) { next.scenario = { base, changes: {} }; next.baseline = null; next.right = null; next.options = {}; }
    if (also) next.others = [...lab.view.others, { base: also, changes: {} }].slice(-MOST_OTHERS);
    if (Object.keys(rest).length) next.options = { ...lab.view.options, ...rest };
    for (const name of Object.keys(next.options || {})) if (next.options[name] === "") delete next.options[name];
    go(next);
  };

  // Charts and tables ---------------------------------------------------------------------------------------------
  const save = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const csv = (table) =>
    "\ufeff" + [...table.rows].map((row) => [...row.cells].map((cell) => {
      let text = cell.innerText.trim();
      if (/^[=+\-@\t\r]/.test(text) && !/^[+\-\u2212]?[\d.,]+/.test(text)) text = "'" + text; // no formula in a spreadsheet
      return '"' + text.replaceAll('"', '""') + '"';
    }).join(",")).join("\r\n");
  const exported = (button) => {
    const card = button.closest(".card"), key = "quotalab-" + button.dataset.key, form = button.dataset.export;
    if (form === "csv") return save(key + ".csv", "text/csv;charset=utf-8", csv(card.querySelector("table")));
    const plot = card.querySelector(".js-plotly-plot");
    // On a dark page the picture gets the page's ground: light lines on white could not be read.
    const ground = getComputedStyle(card).backgroundColor;
    const figure = { data: plot.data, layout: { ...plot.layout, paper_bgcolor: ground, width: undefined, height: undefined } };
    const size = { width: plot.clientWidth, height: plot.clientHeight };
    return window.Plotly.downloadImage(figure, { format: form, filename: key, ...size, scale: form === "png" ? 2 : 1 });
  };

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const mark = event.target.closest("[data-page],[data-language],[data-dark],[data-pick],[data-arm],[data-export],[data-copy]");
    if (!mark) return;
    const data = mark.dataset;
    if (data.export) return exported(mark);
    if (!lab.view) return;
    event.preventDefault();
    if (data.page) go({ page: data.page });
    else if (data.language) go({ language: data.language });
    else if (data.dark !== undefined) go({ dark: !lab.view.dark });
    else if (data.pick) {
      const at = data.pick.indexOf("=");
      if (data.go) lab.view = { ...lab.view, page: data.go };
      options({ [data.pick.slice(0, at)]: data.pick.slice(at + 1) });
    } else if (data.arm) {
      const drop = data.arm.match(/^drop-(\d+)$/);
      if (drop) go({ others: lab.view.others.filter((_, index) => index !== Number(drop[1])) });
      else if (arms[data.arm]) arms[data.arm]();
    } else if (data.copy !== undefined) {
      const copied = () => { mark.textContent = data.copied || mark.textContent; };
      // Without a secure address there is no clipboard: the link is then shown, to be copied by hand.
      const by_hand = () => window.prompt(mark.title, location.href);
      if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(copied, by_hand);
      else by_hand();
    }
  });

  // Called by Dash ----------------------------------------------------------------------------------------------------
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    quotalab: {
      // The view as Python last drew it, and the address that restores it.
      follow: (view, address) => {
        lab.view = view;
        await_runs(address);
        if (!address || !address.url) return window.dash_clientside.no_update;
        document.documentElement.lang = address.language === "zh" ? "zh-CN" : "en";
        document.documentElement.dataset.mantineColorScheme = address.dark ? "dark" : "light";
        document.title = address.title;
        const here = location.pathname + location.search;
        if (here !== address.url) {
          const turned = location.pathname !== address.url.split("?")[0];
          history[turned ? "pushState" : "replaceState"](null, "", address.url);
          if (turned) window.scrollTo(0, 0);
        }
        const query = address.url.slice(address.url.indexOf("?"));
        for (const link of document.querySelectorAll("a[data-page]")) {
          link.href = "/" + address.language + "/" + link.dataset.page + query;
        }
        return window.dash_clientside.no_update;
      },
      // Inputs that set options: only what differs from the view is a person's wish.
      option: (values, ids, drawn) => {
        if (!lab.view) return window.dash_clientside.no_update;
        const changes = {};
        const shown = (drawn && drawn.options) || {};
        const special = { right: lab.view.right, seeds: String(lab.view.seeds), base: lab.view.scenario.base, also: null };
        ids.forEach((id, index) => {
          if (!id) return; // it has left the page in the meantime
          const value = values[index] === null || values[index] === undefined ? "" : String(values[index]);
          const present = id.name in special ? special[id.name] : lab.view.options[id.name];
          const before = present === undefined || present === null ? shown[id.name] ?? "" : present;
          if (value !== String(before)) changes[id.name] = value;
        });
        if (Object.keys(changes).length) options(changes);
        return window.dash_clientside.no_update;
      },
      // A click on a point that says what it picks.
      pick: (clicks) => {
        const triggered = window.dash_clientside.callback_context.triggered[0];
        const point = triggered && triggered.value && triggered.value.points && triggered.value.points[0];
        let said = point && point.customdata;
        if (Array.isArray(said)) said = said.find((part) => typeof part === "string" && part.startsWith("pick:"));
        if (typeof said === "string" && said.startsWith("pick:") && lab.view) {
          const at = said.indexOf("=");
          options({ [said.slice(5, at)]: said.slice(at + 1) });
        }
        return window.dash_clientside.no_update;
      },
      // What differs in parts of the page that stay.
      change: (changes) => {
        const put = ([id, properties]) => window.dash_clientside.set_props(id, properties);
        const seen = ([id]) => id.type === "chart" || id.type === "told";
        (changes || []).filter(seen).forEach(put);
        // Inputs that follow another one come after the charts, which are waited for.
        setTimeout(() => (changes || []).filter((one) => !seen(one)).forEach(put), 0);
        return window.dash_clientside.no_update;
      },
      // Problems stand beside their fields.
      beside: (problems, ids) => ids.map((id) => (id && problems && problems[id.path]) || null),
    },
  });
})();
