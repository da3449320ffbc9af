// Carries the fragment of the address over to the login, so that a deep link such as /carte#lieu=75056 comes back whole.
// The page works without it: only the fragment is lost then.
(() => {
  const fragment = window.location.hash;
  // The skip link of this page is no place in the application.
  if (!fragment || fragment === "#guichet-main") return;
  for (const link of document.querySelectorAll("a[data-login]")) {
    const href = link.getAttribute("href");
    link.setAttribute("href", href.replace(/[?&]return_to=[^&#]*/, (destination) =>
      // A destination that already knows its fragment keeps it.
      /%23/.test(destination) ? destination : destination + encodeURIComponent(fragment)));
  }
  for (const link of document.querySelectorAll("a[data-language]")) {
    link.setAttribute("href", link.getAttribute("href") + fragment);
  }
})();
