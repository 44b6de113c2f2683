// The words and dates of plotly.js in Chinese. Figures whose configuration says `locale: "zh-CN"` use them.
// Loaded before plotly.js it waits in window.PlotlyLocales; loaded after, it is registered at once.
(function () {
  const dictionary = {
    // The bar of buttons; the same words as in the Chinese reports.
    "Download plot as a PNG": "下载图片（PNG）",
    "Download plot": "下载图片",
    "Download plot as JSON": "下载图的数据(JSON)",
    "Reset axes": "重置坐标轴",
    "Autoscale": "自动缩放",
    "Zoom": "缩放",
    "Zoom in": "放大",
    "Zoom out": "缩小",
    "Pan": "平移",
    "Box Select": "框选",
    "Lasso Select": "套索选择",
    "Reset": "重置",
    "Reset view": "重置视图",
    "Reset views": "重置全部视图",
    "Reset camera to default": "视角恢复默认",
    "Reset camera to last save": "视角恢复上次保存",
    "Orbital rotation": "自由旋转",
    "Turntable rotation": "水平旋转",
    "Toggle Spike Lines": "显示或隐藏指示线",
    "Show closest data on hover": "悬停显示最近的数据",
    "Compare data on hover": "悬停比较数据",
    "Toggle show closest data on hover": "开启或关闭悬停显示",
    "Draw line": "画直线",
    "Draw rectangle": "画矩形",
    "Draw circle": "画圆",
    "Draw open freeform": "画曲线",
    "Draw closed freeform": "画封闭曲线",
    "Erase active shape": "删除所选形状",
    "Produced with Plotly.js": "由 Plotly.js 绘制",
    // Remarks in the corner.
    "Double-click to zoom back out": "双击恢复原大小",
    "Double-click on legend to isolate one trace": "双击图例只显示一条",
    "Preparing image - this may take a few seconds": "正在生成图片，可能需要几秒钟",
    "Image download succeeded": "图片已生成",
    "Sorry, there was a problem downloading your image!": "图片未能生成",
    "JSON download succeeded": "数据已生成",
    "Sorry, there was a problem downloading your JSON file!": "数据未能生成",
    "Taking snapshot - this may take a few seconds": "正在生成图片，可能需要几秒钟",
    "Snapshot succeeded": "图片已生成",
    "Sorry, there was a problem downloading your snapshot!": "图片未能生成",
    // What stands where a figure has no title.
    "Click to enter Plot title": "点击输入标题",
    "Click to enter Plot subtitle": "点击输入副标题",
    "Click to enter X axis title": "点击输入横轴标题",
    "Click to enter Y axis title": "点击输入纵轴标题",
    "Click to enter Colorscale title": "点击输入色标标题",
    "Click to enter Component A title": "点击输入成分 A 标题",
    "Click to enter Component B title": "点击输入成分 B 标题",
    "Click to enter Component C title": "点击输入成分 C 标题",
    "Click to enter radial axis title": "点击输入径向轴标题",
    "new text": "新文字",
    "trace": "数据",
    // Labels in the box beside the pointer.
    "open:": "开盘：", "close:": "收盘：", "high:": "最高：", "low:": "最低：",
    "min:": "最小：", "max:": "最大：", "median:": "中位数：", "mean:": "平均：", "mean ± σ:": "平均 ± σ：",
    "q1:": "下四分位：", "q3:": "上四分位：", "lower fence:": "下界：", "upper fence:": "上界：", "kde:": "密度：",
    "lat:": "纬度：", "lon:": "经度：", "level:": "水平：", "concentration:": "集中度：",
    "source:": "来源：", "target:": "去向：", "incoming flow count:": "流入条数：", "outgoing flow count:": "流出条数："
  };
  const week = ["日", "一", "二", "三", "四", "五", "六"];
  const numerals = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
  const format = {
    days: week.map((day) => "星期" + day),
    shortDays: week.map((day) => "周" + day),
    months: numerals.map((month) => month + "月"),
    shortMonths: numerals.map((_, index) => index + 1 + "月"),
    periods: ["上午", "下午"],
    dateTime: "%Y年%-m月%-d日 %H:%M:%S",
    date: "%Y-%m-%d",
    time: "%H:%M:%S",
    decimal: ".",
    thousands: ",",
    grouping: [3],
    currency: ["¥", ""],
    year: "%Y年",
    month: "%Y年%-m月",
    dayMonth: "%-m月%-d日",
    dayMonthYear: "%Y年%-m月%-d日"
  };
  const locale = { moduleType: "locale", name: "zh-CN", dictionary: dictionary, format: format };
  if (window.Plotly) {
    window.Plotly.register(locale);
  } else {
    window.PlotlyLocales = window.PlotlyLocales || [];
    window.PlotlyLocales.push(locale);
  }
})();
