// Chooses the colours before the page is shown.
document.documentElement.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
