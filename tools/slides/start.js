Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  maxScale: 3,
  center: false,
  display: "flex", // the frame is a column, in which pictures take the room that is left
  hash: true, // every frame has an address
  slideNumber: "c/t",
  controlsTutorial: false,
  transition: "none",
  backgroundTransition: "none",
  pdfSeparateFragments: false,
  plugins: [RevealNotes],
});
