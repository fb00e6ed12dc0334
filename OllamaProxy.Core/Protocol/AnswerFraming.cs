namespace OllamaProxy.Protocol;

/// <summary>How the answer to a call is divided into messages.</summary>
internal enum AnswerFraming
{
    /// <summary>A single JSON object.</summary>
    Whole,

    /// <summary>One JSON object on each line (NDJSON).</summary>
    Lines,

    /// <summary>Server-sent events, each with a JSON object.</summary>
    Events,
}
