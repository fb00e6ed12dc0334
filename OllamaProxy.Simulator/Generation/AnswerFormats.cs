using System.Buffers;
using System.Text.Json;

namespace OllamaProxy.Simulator.Generation;

/// <summary>The format of a streamed answer. It may number its messages, so each answer has its own instance.</summary>
internal interface IStreamFormat
{
    /// <summary>Sets the headers of the stream.</summary>
    void SetHeaders(IHeaderDictionary headers);

    void WriteToken(IBufferWriter<byte> stream, Token token);

    /// <summary>Writes the end of the answer.</summary>
    /// <param name="stream">The output.</param>
    /// <param name="reason">Why the answer ends.</param>
    /// <param name="metrics">The figures; null: nothing was generated.</param>
    void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics);

    void WriteError(IBufferWriter<byte> stream, string error);
}

/// <summary>The format of an answer that is a single JSON object.</summary>
internal interface IWholeFormat
{
    void Write(Utf8JsonWriter json, AnswerPart answer);
}
