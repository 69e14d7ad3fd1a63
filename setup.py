"""The distribution sysmon: the core and the first-party plugins, each a package."""

from setuptools import find_packages, setup

PLUGINS = find_packages("plugins")

setup(
    name="sysmon",
    version="0.1.0",
    description="Ask a host what is going on right now, over HTTP instead of ssh",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["sysmon_core*"]) + PLUGINS,
    package_dir={name: "plugins/" + name.replace(".", "/") for name in PLUGINS},
    package_data={
        "sysmon_core": [
            "py.typed",
            "database/migrations/script.py.mako",
            "launcher/*.conf",
            "redis_store/*.lua",
            "scaffold/*.template",
            "settings/*.ini",
            "tasks/lua/*.lua",
            "ui/static/*",
            "ui/templates/*.jinja2",
        ],
    },
    install_requires=[
        "alembic>=1.13,<2",
        "argon2-cffi>=23.1",
        "cachetools>=6,<9",
        "click>=8.1,<9",
        "cornice>=6.1,<7",
        "dramatiq>=2.2,<2.3",
        "granian>=2.8.9,<2.9",  # server/granian_adapter.py uses its private names
        "hupper>=1.12,<2",  # pserve --reload has it
        "jc>=1.25,<2",
        "limits>=5.8,<6",
        "openapi-pydantic>=0.5,<0.7",
        "pluggy>=1.5,<2",
        "plaster-pastedeploy>=1.0,<1.1",  # settings/ini.py overrides its private names
        "prometheus-client>=0.22,<1",
        "psutil>=6,<8",
        "pydantic>=2.9,<3",
        "pyramid>=2.1,<3",
        "pyramid_jinja2>=2.10,<3",
        "redis[hiredis]>=7,<8",
        "rich>=13",
        "setuptools>=77,<80.9",  # for Cornice's pkg_resources, gone in 82; 80.9 warns at each start
        "sqlalchemy>=2.1,<2.2",
        "supervisor>=4.3,<4.4",  # launcher/supervisor.py overrides its methods
    ],
    extras_require={
        # Wheels with their own libpq: a bare Debian has neither a compiler nor that library.
        # Below 3.4: database/postgresql.py overrides two methods, one of them private.
        "postgresql": ["psycopg[binary]>=3.3,<3.4"],
        "docs": ["swagger-ui-bundle-v2>=5.31,<6"],
        "testing": ["pytest", "soupsieve<3", "webtest"],
        "mutants": ["mutmut>=3.8,<4"],  # only `make mutants` needs and installs it
        "dev": [
            "axe-playwright-python>=0.1.8,<0.2",  # with axe-core, and no browser of its own
            "hypothesis",
            "mypy",
            "openapi-python-client>=0.29,<0.30",  # whose clients of the API are tested
            "openapi-spec-validator>=0.7",
            "playwright>=1.60,<2",
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "ruff",
            "schemathesis>=4.3,<5",
            "soupsieve<3",  # of WebTest; 3 refuses the Python 3.11.2 of Debian 12
            "types-cachetools",
            "types-psutil",
            "webtest",
            "wheel",
        ],
    },
    entry_points={
        "console_scripts": ["sysmon = sysmon_core.cli:main"],
        "paste.app_factory": ["main = sysmon_core.app:main"],
        "paste.server_factory": ["granian = sysmon_core.server:make_server"],
        "pytest11": ["sysmon = sysmon_core.testing"],
        "sysmon": [
            "uptime = sysmon_uptime",
            "iostat = sysmon_iostat",
            "vmstat = sysmon_vmstat",
            "disk = sysmon_disk",
            "processes = sysmon_processes",
            "memory = sysmon_memory",
            "network = sysmon_network",
        ],
    },
)
