// Lets the way back lead to the page before: an address that differs in its filters alone takes
// the place of the one before, where Streamlit would add a step for each change of a filter.
export default function () {
  if (window.history.keepsOneStepForAPage) return;
  window.history.keepsOneStepForAPage = true;
  const push = window.history.pushState.bind(window.history);
  window.history.pushState = (state, title, address) => {
    const told = new URL(address ?? window.location.href, window.location.href);
    if (told.pathname === window.location.pathname) {
      window.history.replaceState(state, title, address);
    } else {
      push(state, title, address);
    }
  };
}
