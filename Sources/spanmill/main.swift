import ArgumentParser



import Subprocess
