# Scientific Python as it is often written: caches stay, and what was installed is changed again.
FROM python:3.12-slim
RUN apt-get update && apt-get install -y gcc curl
RUN pip install numpy pandas scipy
RUN pip install --upgrade flask requests
RUN chmod -R a+rX /usr/local/lib/python3.12/site-packages
WORKDIR /app
RUN printf 'import numpy\nprint(numpy.arange(3))\n' > app.py && python -m compileall -q .
RUN apt-get purge -y gcc && apt-get autoremove -y && rm -rf /var/lib/apt/lists/*
CMD ["python", "app.py"]
