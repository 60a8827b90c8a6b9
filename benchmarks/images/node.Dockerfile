# A node application with its development packages, copied twice.
FROM node:22-slim
WORKDIR /app
RUN printf '{"name":"app","version":"1.0.0"}' > package.json
RUN npm install express lodash typescript webpack eslint @babel/core date-fns rxjs
RUN npm install --save-dev jest prettier ts-node
RUN printf 'require("express")\n' > index.js
RUN cp -r /app /srv/app && chown -R node:node /app
RUN rm -rf /srv/app/node_modules/typescript
USER node
CMD ["node", "index.js"]
