"""Programs that learn programs. All of it is built on torch, which is imported with it.

=========  ======================================================================================
`terpret`  a differentiable interpreter language: programs with holes, filled by descent
`npi`      the neural programmer-interpreter: a network that calls programs, and proves it
`dnc`      the differentiable neural computer: a network with a memory that it addresses
=========  ======================================================================================
"""
