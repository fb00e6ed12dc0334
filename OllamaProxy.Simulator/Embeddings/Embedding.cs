using System.Security.Cryptography;
using System.Text;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>Vectors for texts. They have no meaning, but are always the same for the same text.</summary>
internal static class Embedding
{
    private const int Dimensions = 8;

    /// <summary>A vector of length 1.</summary>
    /// <param name="text">The text to embed.</param>
    /// <param name="dimensions">The most elements of the vector; null or 0: all there are.</param>
    public static float[] Of(string text, int? dimensions = null)
    {
        var count = dimensions is > 0 and < Dimensions and var few ? few : Dimensions;
        var numbers = SHA256.HashData(Encoding.UTF8.GetBytes(text)).Take(count).Select(part => part - 127.5f).ToArray();
        var length = MathF.Sqrt(numbers.Sum(number => number * number));
        return [.. numbers.Select(number => number / length)];
    }
}
