namespace OllamaProxy.Simulator.Go;

/// <summary>Quotes a byte as in the errors of Go's <c>encoding/json</c>, which treat each byte as a Latin-1 character.</summary>
internal static class GoCharacter
{
    public static string Quote(byte value) => $"'{Escape(value)}'";

    private static string Escape(byte value) => value switch
    {
        (byte)'\'' or (byte)'\\' => $@"\{(char)value}",
        0x07 => @"\a",
        0x08 => @"\b",
        0x09 => @"\t",
        0x0a => @"\n",
        0x0b => @"\v",
        0x0c => @"\f",
        0x0d => @"\r",
        < 0x20 or 0x7f => $@"\x{value:x2}",
        (>= 0x80 and <= 0xa0) or 0xad => $@"\u{value:x4}",
        _ => ((char)value).ToString(),
    };
}
