"""What runs a program or a function: its context, the process, and who ends orphans."""
