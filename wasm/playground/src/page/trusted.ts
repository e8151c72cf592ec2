// The page's policy lets no string become a script or markup. Workers of this page are the one exception.

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown;
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

// Under the name "default" the rule holds for every such URL, that of the package's worker among them.
trustedTypes?.createPolicy("default", {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError("a script of another site");
    return url;
  },
});
