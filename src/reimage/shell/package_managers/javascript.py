"""npm, yarn, pnpm and bun. Sources: their command references."""

from reimage.shell.package_managers.manager import PackageManager, options, verbs

NPM = PackageManager(
    name="npm",
    programs=frozenset({"npm"}),
    verbs=verbs(
        install=(
            "install, i, in, ins, inst, insta, instal, isnt, isnta, isntal, isntall, add,"
            " ci, clean-install, ic, install-clean, isntall-clean,"
            " install-test, it, install-ci-test, cit, clean-install-test"
        ),
        upgrade="update, up, upgrade, udpate",
        remove="uninstall, unlink, remove, rm, r, un, prune",
        clean="cache clean, cache clear, cache rm",
    ),
    value_options=options(
        "--prefix -C --registry --cache --loglevel -w --workspace --omit --include --only --also"
        " --userconfig --globalconfig --tag --fetch-timeout --fetch-retries"
        " --fetch-retry-mintimeout"
        " --fetch-retry-maxtimeout --maxsockets --install-strategy --cpu --os --libc --before"
        " --https-proxy --proxy --cafile --script-shell"
    ),
    cache_directories=("~/.npm",),
    clean_commands=("npm cache clean --force", "rm -rf ~/.npm"),
    manifest_files=("package.json",),
    lock_files=("package-lock.json", "npm-shrinkwrap.json"),
    lock_file_install="npm ci",
)

YARN = PackageManager(
    name="yarn",
    programs=frozenset({"yarn", "yarnpkg"}),
    verbs=verbs(
        install="-, install, add, global add, workspaces focus",
        upgrade="upgrade, up, upgrade-interactive, global upgrade",
        remove="remove, global remove",
        clean="cache clean, cache clear",
    ),
    value_options=options(
        "--cwd --network-timeout --registry --cache-folder --modules-folder --mutex"
        " --network-concurrency --global-folder --link-folder --preferred-cache-folder --mode"
        " --use-yarnrc --https-proxy --proxy --child-concurrency"
    ),
    cache_directories=("/usr/local/share/.cache", "~/.cache/yarn", "~/.yarn/berry/cache"),
    clean_commands=("yarn cache clean",),
    manifest_files=("package.json",),
    lock_files=("yarn.lock",),
    # Yarn 2 and later calls this --immutable, and still takes the old name.
    lock_file_install="yarn install --frozen-lockfile",
)

PNPM = PackageManager(
    name="pnpm",
    programs=frozenset({"pnpm"}),
    verbs=verbs(
        install="install, i, add, fetch, ci, clean-install, install-test, it",
        upgrade="update, up, upgrade",
        remove="remove, rm, uninstall, un, prune",
        clean="store prune",
    ),
    value_options=options(
        "-C --dir -F --filter --filter-prod --store-dir --virtual-store-dir --modules-dir"
        " --registry --reporter --loglevel --network-concurrency --child-concurrency"
        " --package-import-method --node-linker --lockfile-dir --cpu --os --libc"
    ),
    cache_directories=("~/.local/share/pnpm/store", "~/.cache/pnpm"),
    clean_commands=("pnpm store prune",),
    manifest_files=("package.json",),
    lock_files=("pnpm-lock.yaml",),
    lock_file_install="pnpm install --frozen-lockfile",
)

BUN = PackageManager(
    name="bun",
    programs=frozenset({"bun"}),
    verbs=verbs(
        install="install, i, add, a, ci",
        upgrade="update",
        remove="remove, rm",
        clean="pm cache rm",
    ),
    value_options=options(
        "--cwd -c --config --registry --cache-dir --backend --concurrent-scripts --filter --omit"
        " --linker --network-concurrency --cpu --os"
    ),
    cache_directories=("~/.bun/install/cache",),
    clean_commands=("bun pm cache rm", "rm -rf ~/.bun/install/cache"),
    manifest_files=("package.json",),
    lock_files=("bun.lock", "bun.lockb"),
    lock_file_install="bun install --frozen-lockfile",
)

MANAGERS = (NPM, YARN, PNPM, BUN)
