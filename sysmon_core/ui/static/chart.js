customElements.define("sysmon-chart", class extends HTMLElement {});
