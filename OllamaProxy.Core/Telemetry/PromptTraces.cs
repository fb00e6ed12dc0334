using System.Diagnostics;

namespace OllamaProxy.Telemetry;

/// <summary>The spans of prompts.</summary>
public static class PromptTraces
{
    /// <summary>The name of the source.</summary>
    public const string Source = "OllamaProxy";
}
