namespace OllamaProxy.Api;

/// <summary>A piece of what is generated, as clients see it; one of the two.</summary>
/// <param name="Text">Of the answer.</param>
/// <param name="Thinking">Of what the model thinks before it answers.</param>
public sealed record TokenEvent(string? Text = null, string? Thinking = null);
