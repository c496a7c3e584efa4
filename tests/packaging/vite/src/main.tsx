import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Tasks } from "./tasks";

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Tasks />
    </StrictMode>,
  );
}
