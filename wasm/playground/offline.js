// The service worker: keeps the files of the page, and answers with them. A new build is a new cache; the old one goes
// when the new one is complete.
const CACHE = "rhumb-" + "%VERSION%";
const FILES = ["./", "icon.svg", "%FILES%"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...new Set(FILES)])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name.startsWith("rhumb-") && name !== CACHE);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || new URL(event.request.url).origin !== location.origin) return;
  const kept = () => caches.open(CACHE).then((cache) => cache.match(event.request, { ignoreSearch: true }));
  // The page itself is asked for first, so that a new build is seen; the rest has its digest in its name.
  event.respondWith(
    event.request.mode === "navigate"
      ? fetch(event.request).catch(async () => (await kept()) ?? (await caches.open(CACHE)).match("./"))
      : kept().then((found) => found ?? fetch(event.request)),
  );
});
