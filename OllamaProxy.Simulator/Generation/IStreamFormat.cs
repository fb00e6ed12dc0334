using System.Buffers;
namespace OllamaProxy.Simulator.Generation;

/// <summary>How an API streams one answer. It may count what it wrote, so each answer has one of its own.</summary>
internal interface IStreamFormat
{
    /// <summary>Sets the headers that tell what kind of stream it is.</summary>
    void SetHeaders(IHeaderDictionary headers);

    void WriteToken(IBufferWriter<byte> stream, Token token);

    /// <summary>Writes the end of the answer.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="reason">Why it ends here.</param>
    /// <param name="metrics">The numbers; null where nothing was generated.</param>
    void WriteDone(IBufferWriter<byte> stream, string reason, GenerationMetrics? metrics);

    void WriteError(IBufferWriter<byte> stream, string error);
}
