namespace OllamaProxy.Protocol;

/// <summary>How an answer to a call is framed.</summary>
internal enum AnswerFraming
{
    /// <summary>One JSON object.</summary>
    Whole,

    /// <summary>A JSON object on each line.</summary>
    Lines,

    /// <summary>Server-sent events, each with a JSON object.</summary>
    Events,
}
