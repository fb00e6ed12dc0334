namespace OllamaProxy.Prompts;

/// <summary>How much of what is generated somebody has, in UTF-16 characters.</summary>
/// <param name="Text">Of the answer.</param>
/// <param name="Thinking">Of what the model thinks before it answers.</param>
public readonly record struct TextOffset(int Text, int Thinking);
