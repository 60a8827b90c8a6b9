"""pip, pipx, uv, poetry, pipenv and the conda family. Sources: their command references."""

from reimage.shell.package_managers.manager import PackageManager, options, verbs

_PIP_VALUES = options(
    "-r --requirement --requirements -c --constraint --constraints --build-constraint -e --editable"
    " -i --index-url --extra-index-url -f --find-links -t --target --prefix --root --src"
    " --platform --python-version --implementation --abi --no-binary --only-binary --cache-dir"
    " --trusted-host --proxy --timeout --default-timeout --retries --cert --client-cert --log"
    " --upgrade-strategy --progress-bar -C --config-settings --config-setting --global-option"
    " --install-option --build-option --use-feature --use-deprecated --exists-action --report"
    " --python --group --keyring-provider --root-user-action --dry-run-report -b --build"
)

PIP = PackageManager(
    name="pip",
    programs=frozenset({"pip", "pip2", "pip3"}),
    verbs=verbs(
        install="install", remove="uninstall", clean="cache purge, cache remove", other="download"
    ),
    value_options=_PIP_VALUES,
    # Only uninstall asks.
    assume_yes=("-y", "--yes"),
    cache_directories=("~/.cache/pip",),
    clean_commands=("pip cache purge", "rm -rf ~/.cache/pip"),
    no_cache_option="--no-cache-dir",
    manifest_files=("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg"),
)

PIPX = PackageManager(
    name="pipx",
    programs=frozenset({"pipx"}),
    verbs=verbs(
        install="install, inject",
        upgrade="upgrade, upgrade-all, reinstall-all",
        remove="uninstall, uninject",
    ),
    value_options=options(
        "--python --pip-args -i --index-url --suffix --preinstall --spec --backend"
    ),
    cache_directories=("~/.cache/pip", "~/.local/pipx/.cache", "~/.cache/pipx"),
    clean_commands=("rm -rf ~/.cache/pip",),
)

UV = PackageManager(
    name="uv",
    programs=frozenset({"uv"}),
    verbs=verbs(
        install="sync, add, pip install, pip sync, tool install, python install",
        upgrade="tool upgrade",
        remove="remove, pip uninstall, tool uninstall",
        clean="cache clean, cache prune, clean",
    ),
    value_options=options(
        "-r --requirement --requirements -c --constraint --constraints -b --build-constraint"
        " -e --editable --override --overrides --exclude --extra --group --no-group --only-group"
        " --package --python -p --python-version --python-platform --index --default-index"
        " -i --index-url --extra-index-url -f --find-links --index-strategy --keyring-provider"
        " -P --upgrade-package --reinstall-package --resolution --prerelease --link-mode"
        " -C --config-setting --config-settings --cache-dir --directory --project --config-file"
        " --no-binary --only-binary --no-build-package --no-binary-package --no-install-package"
        " --no-extra --target -t --prefix --exclude-newer --allow-insecure-host --torch-backend"
        " --with --with-requirements --color --optional --branch --tag --rev --bounds --script"
    ),
    cache_directories=("~/.cache/uv",),
    clean_commands=("uv cache clean", "rm -rf ~/.cache/uv"),
    no_cache_option="--no-cache",
    manifest_files=("pyproject.toml", "requirements.txt"),
    lock_files=("uv.lock",),
    lock_file_install="uv sync --locked",
)

POETRY = PackageManager(
    name="poetry",
    programs=frozenset({"poetry"}),
    verbs=verbs(
        install="install, sync, add", upgrade="update", remove="remove", clean="cache clear"
    ),
    value_options=options(
        "--with --without --only -E --extras -C --directory -P --project -G --group --source"
        " --python --platform"
    ),
    # The virtual environments lie beside these, in the same folder.
    cache_directories=("~/.cache/pypoetry/cache", "~/.cache/pypoetry/artifacts"),
    clean_commands=("rm -rf ~/.cache/pypoetry/cache ~/.cache/pypoetry/artifacts",),
    manifest_files=("pyproject.toml",),
    lock_files=("poetry.lock",),
    lock_file_install="poetry install",
)

PIPENV = PackageManager(
    name="pipenv",
    programs=frozenset({"pipenv"}),
    verbs=verbs(install="install, sync", upgrade="update, upgrade", remove="uninstall, clean"),
    value_options=options(
        "-r --requirements -e --editable --python --pypi-mirror -i --index --categories"
        " --extra-pip-args"
    ),
    cache_directories=("~/.cache/pipenv", "~/.cache/pip"),
    clean_commands=("rm -rf ~/.cache/pipenv ~/.cache/pip",),
    manifest_files=("Pipfile",),
    lock_files=("Pipfile.lock",),
    lock_file_install="pipenv sync",
)

CONDA = PackageManager(
    name="conda",
    programs=frozenset({"conda"}),
    verbs=verbs(
        install="install, create, env create",
        upgrade="update, upgrade, env update",
        remove="remove, uninstall, env remove",
        clean="clean",
    ),
    value_options=options(
        "-n --name -p --prefix -c --channel --file -f --solver --experimental-solver"
        " --repodata-fn --subdir --platform --clone -r --root-prefix"
    ),
    needs_yes=True,
    assume_yes=("-y", "--yes"),
    list_directories=("/opt/conda/pkgs/cache",),
    cache_directories=("/opt/conda/pkgs", "~/.conda/pkgs"),
    clean_commands=("conda clean --all --yes",),
    manifest_files=("environment.yml", "environment.yaml"),
    lock_files=("conda-lock.yml", "conda-linux-64.lock"),
)

MAMBA = CONDA._replace(
    name="mamba",
    programs=frozenset({"mamba"}),
    clean_commands=("mamba clean --all --yes",),
)

MICROMAMBA = CONDA._replace(
    name="micromamba",
    programs=frozenset({"micromamba"}),
    cache_directories=("/opt/conda/pkgs", "~/micromamba/pkgs"),
    clean_commands=("micromamba clean --all --yes",),
)

MANAGERS = (PIP, PIPX, UV, POETRY, PIPENV, CONDA, MAMBA, MICROMAMBA)
